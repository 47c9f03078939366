import { type RefObject, useEffect, useState } from 'react';

/** Rows above and below what can be seen that are drawn as well. */
const AROUND = 12;

/** Which rows of a box that scrolls can be seen, and a few around them. */
export function useWindow(
  box: RefObject<HTMLElement | null>,
  { count, rowPixels }: { count: number; rowPixels: number },
): { first: number; last: number } {
  const [seen, setSeen] = useState({ top: 0, height: 600 });
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const look = (): void => setSeen({ top: element.scrollTop, height: element.clientHeight });
    look();
    element.addEventListener('scroll', look, { passive: true });
    const resized = new ResizeObserver(look);
    resized.observe(element);
    return () => {
      element.removeEventListener('scroll', look);
      resized.disconnect();
    };
  }, [box]);
  const first = Math.max(0, Math.min(count, Math.floor(seen.top / rowPixels)) - AROUND);
  const last = Math.min(count, Math.ceil((seen.top + seen.height) / rowPixels) + AROUND);
  return { first: Math.min(first, last), last };
}
