/** The mark: three shifts of a day. */
export function Logo({ size = 28 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#3f4bb8" />
      <rect x="6" y="8" width="12" height="4.5" rx="2.25" fill="#fff" />
      <rect x="11" y="14" width="15" height="4.5" rx="2.25" fill="#a9b4ff" />
      <rect x="6" y="20" width="9" height="4.5" rx="2.25" fill="#fff" />
    </svg>
  );
}
