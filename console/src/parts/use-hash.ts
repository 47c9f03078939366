import { useEffect } from 'react';

/** Goes to the part of the page that the address names, once it is there. */
export function useHash(): void {
  useEffect(() => {
    const id = decodeURIComponent(location.hash.slice(1));
    if (id !== '') document.getElementById(id)?.scrollIntoView();
  }, []);
}
