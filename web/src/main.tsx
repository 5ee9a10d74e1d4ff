// Puts the dashboard into its page.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { QueryClientProvider } from '@tanstack/react-query';
import { LiveProvider } from './api/live.tsx';
import { queryClient } from './api/queries.ts';
import { App } from './app.tsx';

const root = document.getElementById('root');
if (root === null) throw new Error('expected an element with the id root; index.html has it');
createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <LiveProvider>
        <App />
      </LiveProvider>
    </QueryClientProvider>
  </StrictMode>,
);
