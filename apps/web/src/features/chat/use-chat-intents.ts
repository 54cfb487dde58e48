import { useEffect } from 'react';
import { useLocation, useSearch } from 'wouter';

interface Handlers {
  readonly onSearch: () => void;
  readonly onAddress: (agentName: string) => void;
}

/** Other pages send people here with a wish in the address: `/?focus=search`, `/?to=Finance`. Fulfilled once. */
export function useChatIntents({ onSearch, onAddress }: Handlers): void {
  const search = useSearch();
  const [location, navigate] = useLocation();
  useEffect(() => {
    const wishes = new URLSearchParams(search);
    const to = wishes.get('to');
    if (to === null && wishes.get('focus') === null) return;
    navigate(location, { replace: true });
    if (to !== null) onAddress(to);
    else onSearch();
  }, [search, location, navigate, onSearch, onAddress]);
}
