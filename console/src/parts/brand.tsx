export function Brand() {
  return (
    <span className="brand">
      <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true">
        <rect className="logo-box" x="3" y="7" width="26" height="18" rx="2" />
        <path className="logo-ribs" d="M9 7v18M23 7v18" />
        <circle className="logo-eye" cx="16" cy="16" r="3.2" />
      </svg>
      Stowaway
    </span>
  );
}
