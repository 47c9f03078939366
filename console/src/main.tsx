import './style/tokens.css';
import './style/page.css';
import './style/parts.css';
import './style/charts.css';
import './style/graph.css';
import './style/hunt.css';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { ApiProblem } from './api.js';
import { App } from './app.js';
import { applyTheme } from './settings.js';

applyTheme();

/** What is on the screen is made new by the stream (live.ts); what is left is asked again when somebody comes back to it. */
const client = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) => failures < 2 && !(error instanceof ApiProblem && error.status < 500),
    },
  },
});

createRoot(document.getElementById('console')!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
