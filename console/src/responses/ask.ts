import { useQuery } from '@tanstack/react-query';
import type { ResponseSummary } from '../../../src/respond/describe.js';
import type { PlanView } from '../../../src/respond/plan-view.js';
import type { ResponseMode } from '../../../src/respond/responder.js';
import { type ApiProblem, get, queryOf } from '../api.js';

export interface ResponseList {
  mode: ResponseMode;
  responses: ResponseSummary[];
  total: number;
}

export interface ResponseWhole {
  mode: ResponseMode;
  response: ResponseSummary;
  plan: PlanView;
}

/** In force or half way there: somebody has to know of it. */
export const isOpen = ({ status }: ResponseSummary): boolean =>
  status === 'contained' || status === 'half done' || status === 'reverting';

/** Plans that wait for a yes or a go. */
export const isWaiting = ({ status }: ResponseSummary): boolean =>
  status === 'planned' || status === 'approved';

/** Every answer that tells of responses: what is asked anew when one changed. */
export const ofResponses = {
  predicate: ({ queryKey }: { queryKey: readonly unknown[] }) => String(queryKey[0]).startsWith('/responses'),
};

/** Whether it still holds is known to engine and kernel alone: no event tells when it does not. */
const AGAIN_MS = 10_000;

/** Responses of this host, or of one finding; the stream makes them new. */
export function useResponses(finding?: string) {
  const path = `/responses${queryOf({ finding })}`;
  return useQuery<ResponseList, ApiProblem>({
    queryKey: [path],
    queryFn: () => get<ResponseList>(path),
    refetchInterval: ({ state }) => (state.data?.responses.some(isOpen) ? AGAIN_MS : false),
  });
}

export function useResponse(hash: string) {
  const path = `/responses/${encodeURIComponent(hash)}`;
  return useQuery<ResponseWhole, ApiProblem>({
    queryKey: [path],
    queryFn: () => get<ResponseWhole>(path),
    refetchInterval: ({ state }) => (state.data && isOpen(state.data.response) ? AGAIN_MS : false),
  });
}

/** What a person may do here; the server decides by the token, whatever the page shows. */
export interface Rights {
  canPlan: boolean;
  canRespond: boolean;
}

export const rightsOf = ({ permissions }: { permissions: string[] }): Rights => ({
  canPlan: permissions.includes('triage'),
  canRespond: permissions.includes('respond'),
});
