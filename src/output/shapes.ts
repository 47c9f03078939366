import type { EvidenceClass, Severity, StrategyStateName } from '../model/hunt-result.js';

/** SVG paths by which report and console tell things apart without colour. */

export const SEVERITY_SHAPES: Record<Severity, string> = {
  critical: 'M5 1H11L15 5V11L11 15H5L1 11V5Z',
  high: 'M8 1.5L15 14H1Z',
  medium: 'M8 1L15 8L8 15L1 8Z',
  low: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0Z',
  informational: 'M2 8a6 6 0 1 0 12 0a6 6 0 1 0 -12 0ZM5 8a3 3 0 1 1 6 0a3 3 0 1 1 -6 0Z',
};

export const STATE_SHAPES: Record<StrategyStateName, string> = {
  fired: 'M8 1.5L15 14H1Z',
  quiet: 'M2 8.5L6 12.5L14 4.5L12 2.8L6 8.9L3.8 6.7Z',
  degraded: 'M2 8a6 6 0 1 0 12 0H8V2a6 6 0 0 0 -6 6Z',
  blind: 'M2.5 1L15 13.5L13.5 15L1 2.5ZM13.5 1L15 2.5L2.5 15L1 13.5Z',
};

/** Each class of evidence has a shape of its own, so that colour is not needed to tell them apart. */
export const EVIDENCE_SHAPES: Record<EvidenceClass, string> = {
  traffic: 'M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z',
  destination: 'M-5.5 0a5.5 5.5 0 1 0 11 0a5.5 5.5 0 1 0 -11 0ZM-2.5 0a2.5 2.5 0 1 1 5 0a2.5 2.5 0 1 1 -5 0Z',
  process: 'M0 -6L6 5H-6Z',
  file: 'M-5 -5H5V5H-5Z',
  orchestration: 'M0 -7L6 0L0 7L-6 0Z',
  registry: 'M-2 -6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z',
};
