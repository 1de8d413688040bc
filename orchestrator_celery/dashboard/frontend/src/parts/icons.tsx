/** The icons: one path each, drawn in the colour of the text around them. */
import type { ReactNode } from "react";

const round = { fill: "none", stroke: "currentColor", strokeLinecap: "round", strokeLinejoin: "round" } as const;

const ICONS = {
  pending: <circle cx="8" cy="8" r="5.3" {...round} strokeWidth="1.5" />,
  queued: (
    <>
      <circle cx="3.3" cy="8" r="1.5" />
      <circle cx="8" cy="8" r="1.5" />
      <circle cx="12.7" cy="8" r="1.5" />
    </>
  ),
  running: <path d="M8 2.5a5.5 5.5 0 1 1-5.5 5.5" {...round} strokeWidth="1.9" />,
  suspended: <path d="M5.5 3.5v9M10.5 3.5v9" {...round} strokeWidth="2.4" />,
  interrupted: <path d="M5.4 2h5.2L14 5.4v5.2L10.6 14H5.4L2 10.6V5.4zM5.2 8h5.6" {...round} strokeWidth="1.6" />,
  succeeded: <path d="M3 8.5l3.2 3.2L13 4.8" {...round} strokeWidth="1.9" />,
  failed: <path d="M4 4l8 8M12 4l-8 8" {...round} strokeWidth="1.9" />,
  skipped: <path d="M2.5 8h2.6m1.6 0h2.6m1.6 0h2.6" {...round} strokeWidth="1.8" />,
  cancelled: <path d="M2.8 4.5h10.4M6.5 4.2V2.7h3v1.5M4.2 4.7l.6 8.6h6.4l.6-8.6" {...round} strokeWidth="1.5" />,
  waiting: (
    <>
      <circle cx="8" cy="4.9" r="2.5" />
      <path d="M3 13.6c.3-3.2 2.3-4.8 5-4.8s4.7 1.6 5 4.8z" />
    </>
  ),
  overview: <path d="M2.5 9.5h4v4h-4zM2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM9.5 9.5h4v4h-4z" {...round} strokeWidth="1.3" />,
  runs: <path d="M2.5 4h2m2.5 0h6.5M2.5 8h5.5m2.5 0h3M2.5 12h3.5m2.5 0h5" {...round} strokeWidth="1.6" />,
  approvals: <path d="M2.5 9.5V3.5a1 1 0 0 1 1-1h9a1 1 0 0 1 1 1v6M2.5 9.5h3.2c.3 1.4 1.2 2.1 2.3 2.1s2-.7 2.3-2.1h3.2v3a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1z" {...round} strokeWidth="1.3" />,
  graphs: (
    <path
      d="M5.5 8h2c1.5 0 1-3.5 3-3.5M7.5 8c1.5 0 1 3.5 3 3.5M4 9.7a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM12 6.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4zM12 13.2a1.7 1.7 0 1 0 0-3.4 1.7 1.7 0 0 0 0 3.4z"
      {...round}
      strokeWidth="1.3"
    />
  ),
  tasks: <path d="M2.5 4.2l1.2 1.2 2-2.4M2.5 11.2l1.2 1.2 2-2.4M8.5 4.5h5M8.5 11.5h5" {...round} strokeWidth="1.4" />,
  logs: <path d="M2.5 3.5h11v9h-11zM5 6.3l1.7 1.7L5 9.7M8.3 9.9H11" {...round} strokeWidth="1.3" />,
  workers: <path d="M2.5 3h11v4h-11zM2.5 9h11v4h-11zM4.8 5h.01M4.8 11h.01" {...round} strokeWidth="1.4" />,
  deleted: <path d="M2.8 4.5h10.4M6.5 4.2V2.7h3v1.5M4.2 4.7l.6 8.6h6.4l.6-8.6" {...round} strokeWidth="1.3" />,
  audit: <path d="M8 2l5 1.9v3.6c0 3.1-2.1 5.4-5 6.5-2.9-1.1-5-3.4-5-6.5V3.9zM5.8 8l1.6 1.6 2.9-3.2" {...round} strokeWidth="1.3" />,
  search: <path d="M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.4 10.4l3.1 3.1" {...round} strokeWidth="1.5" />,
  close: <path d="M4 4l8 8M12 4l-8 8" {...round} strokeWidth="1.5" />,
  chevronRight: <path d="M6 3.5L10.5 8 6 12.5" {...round} strokeWidth="1.6" />,
  chevronDown: <path d="M3.5 6L8 10.5 12.5 6" {...round} strokeWidth="1.6" />,
  arrowUp: <path d="M8 13V3.5M4 7l4-4 4 4" {...round} strokeWidth="1.5" />,
  arrowDown: <path d="M8 3v9.5M4 9l4 4 4-4" {...round} strokeWidth="1.5" />,
  plus: <path d="M8 3v10M3 8h10" {...round} strokeWidth="1.5" />,
  minus: <path d="M3 8h10" {...round} strokeWidth="1.5" />,
  check: <path d="M3 8.5l3.2 3.2L13 4.8" {...round} strokeWidth="1.7" />,
  copy: <path d="M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z" {...round} strokeWidth="1.3" />,
  more: (
    <>
      <circle cx="3.5" cy="8" r="1.3" />
      <circle cx="8" cy="8" r="1.3" />
      <circle cx="12.5" cy="8" r="1.3" />
    </>
  ),
  play: <path d="M5 3.2v9.6L12.5 8z" {...round} strokeWidth="1.5" />,
  retry: <path d="M13 8a5 5 0 1 1-1.5-3.6M13 2.5V5h-2.5" {...round} strokeWidth="1.5" />,
  fit: <path d="M2.5 6V2.5H6M10 2.5h3.5V6M13.5 10v3.5H10M6 13.5H2.5V10" {...round} strokeWidth="1.4" />,
  download: <path d="M8 2.5v7.5M5 7.2L8 10l3-2.8M2.8 13.2h10.4" {...round} strokeWidth="1.4" />,
  columns: <path d="M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10" {...round} strokeWidth="1.3" />,
  wrap: <path d="M2.5 4h11M2.5 8h8.8a2.2 2.2 0 0 1 0 4.4H8.5M10 10.8l-1.7 1.6L10 14M2.5 12h3" {...round} strokeWidth="1.3" />,
  warning: <path d="M8 2.5l6 10.8H2zM8 6.5v3M8 11.4v.01" {...round} strokeWidth="1.4" />,
  info: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.5V11M8 5.2v.01" {...round} strokeWidth="1.4" />,
  clock: <path d="M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.4" {...round} strokeWidth="1.3" />,
  sun: <path d="M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.5v1.4M8 13.1v1.4M1.5 8h1.4M13.1 8h1.4M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1" {...round} strokeWidth="1.3" />,
  moon: <path d="M13.3 9.6A5.7 5.7 0 0 1 6.4 2.7a5.7 5.7 0 1 0 6.9 6.9z" {...round} strokeWidth="1.3" />,
  menu: <path d="M2.5 4h11M2.5 8h11M2.5 12h11" {...round} strokeWidth="1.5" />,
  external: <path d="M6.5 3.5h-4v10h10v-4M9 2.5h4.5V7M13 3L7.5 8.5" {...round} strokeWidth="1.3" />,
  undo: <path d="M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M5.5 3.5L2.5 6.5l3 3" {...round} strokeWidth="1.5" />,
  flag: <path d="M3.5 14V2.5h8.5L10 5.5l2 3H3.5" {...round} strokeWidth="1.4" />,
  error: <path d="M8 2.5l6 10.8H2zM8 6.5v3M8 11.4v.01" {...round} strokeWidth="1.4" />,
  link: <path d="M6.7 9.3a2.5 2.5 0 0 0 3.6 0l2.4-2.4a2.5 2.5 0 0 0-3.6-3.6L8 4.4M9.3 6.7a2.5 2.5 0 0 0-3.6 0L3.3 9.1a2.5 2.5 0 0 0 3.6 3.6L8 11.6" {...round} strokeWidth="1.3" />,
  task: <path d="M3 3h10v10H3z" {...round} strokeWidth="1.4" />,
  swarm: (
    <>
      <path d="M2.5 2.5h4v4h-4zM9.5 2.5h4v4h-4zM2.5 9.5h4v4h-4z" />
      <path d="M9.5 9.5h4v4h-4z" opacity=".45" />
    </>
  ),
  chain: <path d="M2 8h2.5M6.5 8h3M11.5 8H14M4.5 6.5h2v3h-2zM9.5 6.5h2v3h-2z" {...round} strokeWidth="1.3" />,
  group: <path d="M3 3h10M3 8h10M3 13h10" {...round} strokeWidth="1.6" />,
  user: <path d="M8 8a2.7 2.7 0 1 0 0-5.4A2.7 2.7 0 0 0 8 8zM2.8 13.5c.4-2.5 2.5-3.7 5.2-3.7s4.8 1.2 5.2 3.7" {...round} strokeWidth="1.3" />,
} as const;

export type IconName = keyof typeof ICONS;

/** One icon; `label` names it for screen readers where no word stands beside it. */
export function Icon({
  name,
  size = 14,
  label,
  className = "",
}: {
  name: IconName;
  size?: number;
  label?: string;
  className?: string;
}): ReactNode {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="currentColor"
      className={`shrink-0 ${className}`}
      {...(label ? { role: "img", "aria-label": label } : { "aria-hidden": true })}
    >
      {ICONS[name]}
    </svg>
  );
}
