/** Tabs whose place is in the URL. */
import type { KeyboardEvent, ReactNode } from "react";

export interface Tab {
  key: string;
  title: string;
  count?: ReactNode;
}

export function Tabs({ tabs, current, onChange, label }: { tabs: Tab[]; current: string; onChange: (key: string) => void; label: string }): ReactNode {
  const onKey = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const index = tabs.findIndex((tab) => tab.key === current);
    const next = tabs[(index + step + tabs.length) % tabs.length];
    if (!next) return;
    onChange(next.key);
    event.currentTarget.querySelector<HTMLElement>(`[data-tab="${next.key}"]`)?.focus();
  };
  return (
    <div role="tablist" aria-label={label} onKeyDown={onKey} className="flex gap-[18px] overflow-x-auto overflow-y-hidden border-b border-line">
      {tabs.map((tab) => {
        const on = tab.key === current;
        return (
          <button
            key={tab.key}
            type="button"
            role="tab"
            data-tab={tab.key}
            aria-selected={on}
            tabIndex={on ? 0 : -1}
            onClick={() => onChange(tab.key)}
            className={`-mb-px border-b-2 px-px py-[7px] whitespace-nowrap focus-visible:outline-offset-[-2px] ${
              on ? "border-accent font-[580] text-ink" : "border-transparent text-muted hover:text-ink"
            }`}
          >
            {tab.title}
            {tab.count === undefined ? null : <span className="ml-[6px] font-normal text-faint">{tab.count}</span>}
          </button>
        );
      })}
    </div>
  );
}
