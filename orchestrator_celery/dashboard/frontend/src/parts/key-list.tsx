/** Keys and what they do. */
import type { ReactNode } from "react";

export function KeyList({ keys, width }: { keys: readonly (readonly [string, string])[]; width: number }): ReactNode {
  return (
    <dl className="m-0 grid gap-y-2 overflow-y-auto px-4 pb-4" style={{ gridTemplateColumns: `${width}px 1fr` }}>
      {keys.map(([key, text]) => (
        <div key={key} className="contents">
          <dt>
            <kbd className="rounded-sm border border-line bg-sunken px-[6px] py-px">{key}</kbd>
          </dt>
          <dd className="m-0 text-muted">{text}</dd>
        </div>
      ))}
    </dl>
  );
}
