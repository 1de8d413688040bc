/** Bars: how much is done, failed, running and waiting, and when it will be over. */
import type { ReactNode } from "react";
import { counted, exact, percent, span } from "./format";

export interface Counts {
  total: number;
  done?: number;
  failed?: number;
  running?: number;
  awaiting?: number;
}

const PARTS = [
  ["done", "var(--bar-succeeded)", "succeeded"],
  ["failed", "var(--bar-failed)", "failed"],
  ["running", "var(--bar-running)", "running"],
  ["awaiting", "var(--bar-waiting)", "waiting for a person"],
] as const;

export function Bar({ counts, height = 6 }: { counts: Counts; height?: number }): ReactNode {
  const { total } = counts;
  const ended = (counts.done ?? 0) + (counts.failed ?? 0);
  const words = PARTS.flatMap(([key, , word]) => (counts[key] ? [`${exact(counts[key])} ${word}`] : []));
  return (
    <span
      role="progressbar"
      aria-valuemin={0}
      aria-valuemax={total}
      aria-valuenow={Math.min(ended, total)}
      aria-label={`${exact(ended)} of ${counted(total, "task")}`}
      title={words.length ? `${words.join(", ")} of ${exact(total)}` : `none of ${exact(total)} has started`}
      className="flex w-full gap-px overflow-hidden rounded-full bg-quiet-soft"
      style={{ height }}
    >
      {PARTS.map(([key, color]) => {
        const count = counts[key] ?? 0;
        // A single failure among thousands stays visible.
        return count > 0 && total > 0 ? (
          <i key={key} className="block h-full" style={{ width: `${(100 * count) / total}%`, minWidth: 2, background: color }} />
        ) : null;
      })}
    </span>
  );
}

export interface Estimate {
  rate?: number | null;
  eta?: number | null;
  etaLow?: number | null;
  etaHigh?: number | null;
}

/** The line beside a run's bar: `1,227 of 2,003 · 74/s · 11 s to go (9 to 15 s)`. */
export function ProgressLine({ counts, estimate, ended }: { counts: Counts; estimate?: Estimate; ended: boolean }): ReactNode {
  const finished = (counts.done ?? 0) + (counts.failed ?? 0);
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-1">
      <div className="min-w-[140px] flex-1">
        <Bar counts={counts} />
      </div>
      <span className="whitespace-nowrap">
        <b className="font-[620]">{exact(finished)}</b> <span className="text-muted">of {exact(counts.total)}</span>
      </span>
      {counts.total > 0 ? <span className="text-muted">{percent(finished / counts.total)}</span> : null}
      {counts.failed ? <span className="font-[550] text-failed">{exact(counts.failed)} failed</span> : null}
      {!ended && estimate?.rate ? (
        <span className="whitespace-nowrap text-muted">{estimate.rate >= 1 ? `${exact(Math.round(estimate.rate))}/s` : `${Number((estimate.rate * 60).toFixed(1))}/min`}</span>
      ) : null}
      {!ended && estimate?.eta !== null && estimate?.eta !== undefined ? (
        <span className="whitespace-nowrap">
          <b className="font-[620]">{span(estimate.eta)}</b> <span className="text-muted">to go{range(estimate)}</span>
        </span>
      ) : null}
    </div>
  );
}

function range({ etaLow, etaHigh }: Estimate): string {
  if (etaLow === null || etaLow === undefined || etaHigh === null || etaHigh === undefined) return "";
  return ` (${span(etaLow)} to ${span(etaHigh)})`;
}

/** A sparkline with the area filled: quiet, for tiles. */
export function Spark({ values, color = "var(--bar-running)", height = 34, label }: { values: number[]; color?: string; height?: number; label: string }): ReactNode {
  const top = Math.max(...values, 0);
  if (values.length < 2 || top === 0) return <div style={{ height }} className="border-b border-line" role="img" aria-label={`${label}: nothing yet`} />;
  const points = values.map((value, index) => `${((100 * index) / (values.length - 1)).toFixed(2)} ${(height - 2 - ((height - 4) * value) / top).toFixed(2)}`);
  return (
    <svg viewBox={`0 0 100 ${height}`} preserveAspectRatio="none" width="100%" height={height} role="img" aria-label={`${label}: newest ${values.at(-1) ?? 0}, most ${top}`}>
      <path d={`M0 ${height}L${points.join("L")}L100 ${height}Z`} fill={color} opacity=".13" />
      <path d={`M${points.join("L")}`} fill="none" stroke={color} strokeWidth="1.5" vectorEffect="non-scaling-stroke" strokeLinejoin="round" />
    </svg>
  );
}
