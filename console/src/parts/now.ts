import { useEffect, useState } from 'react';

/** The time, every ten seconds. */
export const useNow = (): number => useClock(10_000);

/** The time, every second: for what is counted down. */
export const useSeconds = (): number => useClock(1000);

function useClock(stepMs: number): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), stepMs);
    return () => clearInterval(timer);
  }, [stepMs]);
  return now;
}
