/** What ATT&CK says of a technique that a hunt result does not carry. An unknown technique has no tactic. */

/** Release the technique ids are read against, unless the caller pins another. */
export const ATTACK_RELEASE = '19.1';

export interface AttackTactic {
  uid: string;
  name: string;
}

const EXFILTRATION: AttackTactic = { uid: 'TA0010', name: 'Exfiltration' };
const COLLECTION: AttackTactic = { uid: 'TA0009', name: 'Collection' };
const IMPACT: AttackTactic = { uid: 'TA0040', name: 'Impact' };

/** Tactic of each technique of the Exfiltration tactic, and of the staging and network flood techniques. */
const TACTIC_OF: Record<string, AttackTactic> = {
  T1011: EXFILTRATION,
  T1020: EXFILTRATION,
  T1029: EXFILTRATION,
  T1030: EXFILTRATION,
  T1041: EXFILTRATION,
  T1048: EXFILTRATION,
  T1052: EXFILTRATION,
  T1074: COLLECTION,
  T1498: IMPACT,
  T1537: EXFILTRATION,
  T1567: EXFILTRATION,
};

/** The tactic of a technique or sub-technique (`T1567.001` is read as `T1567`). */
export function tacticOf(technique: string): AttackTactic | undefined {
  return TACTIC_OF[parentOf(technique)];
}

/** `T1567` of `T1567.001`. */
export function parentOf(technique: string): string {
  return technique.split('.')[0] ?? technique;
}

/** The tactics of ATT&CK for enterprises, as a strategy names them, with their ids. */
export const TACTICS: ReadonlyMap<string, string> = new Map([
  ['reconnaissance', 'TA0043'],
  ['resource-development', 'TA0042'],
  ['initial-access', 'TA0001'],
  ['execution', 'TA0002'],
  ['persistence', 'TA0003'],
  ['privilege-escalation', 'TA0004'],
  ['stealth', 'TA0005'],
  ['defense-impairment', 'TA0112'],
  ['credential-access', 'TA0006'],
  ['discovery', 'TA0007'],
  ['lateral-movement', 'TA0008'],
  ['collection', 'TA0009'],
  ['command-and-control', 'TA0011'],
  ['exfiltration', 'TA0010'],
  ['impact', 'TA0040'],
]);
