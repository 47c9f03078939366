import type {
  Destination,
  Finding,
  HuntReport,
  InputProblem,
  InputSummary,
  StrategyState,
  Term,
} from '../model/hunt-result.js';
import { forJsonOutput } from './escape.js';

/**
 * The contract of `--format json` (docs/hunt-report.schema.json), indented by two. Keys come in the contract's
 * order whatever the order in memory, and only the contract's keys come. No terminal obeys anything in it. Ends with
 * a newline.
 */
export function renderJson(report: HuntReport, problems: readonly InputProblem[] = []): string {
  const ordered: HuntReport & { problems: InputProblem[] } = {
    version: report.version,
    inputs: report.inputs.map(orderInput),
    strategies: report.strategies.map(orderStrategy),
    findings: report.findings.map(orderFinding),
    suppressed: report.suppressed,
    problems: problems.map(orderProblem),
    ...(report.partial && { partial: true }),
  };
  return `${forJsonOutput(JSON.stringify(ordered, null, 2))}\n`;
}

/** One finding a line, in the report's order; '' without findings. */
export function renderJsonLines(report: HuntReport): string {
  return report.findings.map((f) => `${forJsonOutput(JSON.stringify(orderFinding(f)))}\n`).join('');
}

function orderInput({ source, files, events, rejected, duplicates, from, to }: InputSummary): InputSummary {
  return { source, files, events, rejected, duplicates, from, to };
}

function orderProblem({ level, where, what, advice }: InputProblem): InputProblem {
  return { level, where, what, advice };
}

function orderStrategy({ id, technique, title, state, reasons }: StrategyState): StrategyState {
  return { id, technique, title, state, reasons };
}

function orderFinding(f: Finding): Finding {
  const { kind, name, ip, container_uid, image } = f.entity;
  return {
    uid: f.uid,
    strategy: f.strategy,
    technique: f.technique,
    title: f.title,
    severity: f.severity,
    score: f.score,
    entity: { kind, name, ip, container_uid, image },
    attribution: { method: f.attribution.method, confidence: f.attribution.confidence },
    window: { from: f.window.from, to: f.window.to },
    destinations: f.destinations.map(orderDestination),
    incident: f.incident,
    priority: f.priority,
    status: f.status,
    why: f.why,
    evidence_query: f.evidence_query,
    terms: f.terms.map(orderTerm),
    suppressed_by: f.suppressed_by,
  };
}

function orderDestination({ ip, port, domain, bytes_out }: Destination): Destination {
  return { ip, port, domain, bytes_out };
}

function orderTerm(term: Term): Term {
  const { analytic, class: kind, likelihood, counted, measured, says, window } = term;
  return {
    analytic,
    class: kind,
    likelihood,
    counted,
    measured,
    says,
    window: { from: window.from, to: window.to },
  };
}
