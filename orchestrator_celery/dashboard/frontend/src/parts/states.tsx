/** What a page shows before, instead of, and without data. */
import type { ReactNode } from "react";
import { problemOf } from "@/api/problem";
import { Button } from "./button";
import { Icon, type IconName } from "./icons";

/** Says what will be here and how to get it. */
export function Empty({ icon = "runs", title, children }: { icon?: IconName; title: string; children?: ReactNode }): ReactNode {
  return (
    <div className="flex flex-col items-center gap-1 px-6 py-12 text-center">
      <span className="mb-2 flex h-10 w-10 items-center justify-center rounded-lg border border-line bg-sunken text-faint">
        <Icon name={icon} size={18} />
      </span>
      <p className="m-0 font-[580]">{title}</p>
      {children ? <div className="max-w-[440px] text-muted">{children}</div> : null}
    </div>
  );
}

/** Says what was refused or failed, why, and what to do. */
export function ErrorState({ error, retry }: { error: unknown; retry?: () => void }): ReactNode {
  const problem = problemOf(error);
  return (
    <div role="alert" className="flex flex-col items-center gap-1 px-6 py-12 text-center">
      <span className="mb-2 flex h-10 w-10 items-center justify-center rounded-lg bg-failed-soft text-failed">
        <Icon name="warning" size={18} />
      </span>
      <p className="m-0 font-[580] [overflow-wrap:anywhere]">{problem.title}</p>
      <p className="m-0 max-w-[520px] text-muted [overflow-wrap:anywhere]">{problem.detail}</p>
      {retry ? (
        <Button className="mt-3" icon="retry" onClick={retry}>
          Try again
        </Button>
      ) : null}
    </div>
  );
}

/** Grey bars in the size of what will come, so that the layout stands still. */
export function Skeleton({ rows = 6, height = 36 }: { rows?: number; height?: number }): ReactNode {
  return (
    <div aria-busy="true" aria-label="Loading" role="status">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} style={{ height }} className="flex items-center gap-4 border-b border-line px-3 last:border-0">
          <span className="shimmer h-[14px] w-[86px] rounded-sm bg-quiet-soft" />
          <span className="shimmer h-[10px] rounded-sm bg-quiet-soft" style={{ width: `${[34, 22, 41, 28][index % 4] ?? 30}%` }} />
          <span className="shimmer ml-auto h-[10px] w-[64px] rounded-sm bg-quiet-soft" />
        </div>
      ))}
    </div>
  );
}

export function Card({ children, className = "" }: { children: ReactNode; className?: string }): ReactNode {
  return <section className={`rounded-lg border border-line bg-surface shadow-card ${className}`}>{children}</section>;
}

/** A quiet line above a page or a panel. */
export function Note({ tone = "info", icon, children }: { tone?: "info" | "waiting" | "failed" | "suspended"; icon?: IconName; children: ReactNode }): ReactNode {
  const tones = {
    info: "bg-quiet-soft text-ink",
    waiting: "bg-waiting-soft text-waiting",
    failed: "bg-failed-soft text-failed",
    suspended: "bg-suspended-soft text-suspended",
  };
  return (
    <div className={`flex items-start gap-2 rounded-lg px-3 py-2 ${tones[tone]}`}>
      <Icon name={icon ?? (tone === "waiting" ? "waiting" : tone === "failed" ? "warning" : "info")} className="mt-[3px]" />
      <div className="min-w-0 flex-1">{children}</div>
    </div>
  );
}
