/** One box of the canvas: a node, a closed or an open container, the begin and the end of a graph. */
import type { Node, NodeProps } from "@xyflow/react";
import { memo, type ReactNode } from "react";
import { Link } from "react-router";
import { compact, exact, percent } from "@/parts/format";
import { Icon, type IconName } from "@/parts/icons";
import { Bar, type Counts } from "@/parts/progress";
import { statusLook, StatusIcon } from "@/parts/status";
import { Duration } from "@/parts/time";
import type { Box } from "./model";

export interface BoxData extends Record<string, unknown> {
  box: Box;
  counts: Counts | null;
  current: boolean;
  found: boolean;
  onToggle: (box: Box) => void;
}

export type BoxNode = Node<BoxData, "box">;

const KIND: Record<string, { icon: IconName; word: string }> = {
  chain: { icon: "chain", word: "chain" },
  group: { icon: "group", word: "group" },
  chord: { icon: "group", word: "chord" },
  swarm: { icon: "swarm", word: "swarm" },
  graph: { icon: "graphs", word: "graph" },
  complex: { icon: "chain", word: "workflow" },
  map: { icon: "swarm", word: "map" },
  approval: { icon: "waiting", word: "approval" },
};

export const BoxView = memo(function BoxView({ data }: NodeProps<BoxNode>): ReactNode {
  const { box, current, found } = data;
  const marked = current ? "outline-2 outline-offset-2 outline-focus" : found ? "outline-2 outline-offset-2 outline-[var(--bar-waiting)]" : "";
  return (
    <div data-node={box.node} className={`h-full w-full rounded-[7px] [contain:layout_size_style] ${marked}`}>
      <Anchor type="target" />
      {box.kind === "start" || box.kind === "end" ? <End box={box} /> : box.kind === "more" ? <More box={box} /> : box.run !== undefined ? <Replacement box={box} run={box.run} /> : box.open ? <Open data={data} /> : <Closed data={data} />}
      <Anchor type="source" />
    </div>
  );
});

/** Where lines begin or end. React Flow's own part for it can be dragged, and listens to each change of the canvas. */
function Anchor({ type }: { type: "source" | "target" }): ReactNode {
  return <i aria-hidden data-handlepos={type === "target" ? "left" : "right"} className={`${type} invisible absolute top-1/2 h-px w-px ${type === "target" ? "left-0" : "right-0"}`} />;
}

function End({ box }: { box: Box }): ReactNode {
  return <div className="flex h-full items-center justify-center rounded-full border border-line-strong bg-sunken text-[10px] font-[620] tracking-[.06em] text-faint">{box.name}</div>;
}

function More({ box }: { box: Box }): ReactNode {
  return <div className="flex h-full items-center justify-center rounded-md border border-dashed border-line-strong text-sm text-muted">{box.name}</div>;
}

function Replacement({ box, run }: { box: Box; run: string }): ReactNode {
  return (
    <Link
      to={`/runs/${encodeURIComponent(run)}`}
      aria-label={`Open the run that replaced it, ${statusLook(box.state).word}`}
      className="nodrag nopan flex h-full flex-col justify-center gap-[2px] rounded-[7px] border border-line-strong bg-raised px-[9px] text-ink no-underline shadow-card hover:border-accent"
      style={{ borderLeft: `3px double ${statusLook(box.state).color}` }}
      onClick={(event) => event.stopPropagation()}
    >
      <span className="flex items-center gap-[6px]">
        <StatusIcon status={box.state} size={13} />
        <bdi title={box.name} className="min-w-0 flex-1 truncate font-[560]">
          {box.name}
        </bdi>
        <Icon name="link" size={11} className="shrink-0 text-faint" />
      </span>
      <span className="truncate text-[11px] leading-[15px] text-accent">run of its own</span>
    </Link>
  );
}

function Toggle({ data }: { data: BoxData }): ReactNode {
  const { box, onToggle } = data;
  return (
    <button
      type="button"
      tabIndex={-1}
      aria-label={box.open ? `Fold ${box.name}` : `Unfold ${box.name}`}
      aria-expanded={box.open}
      className="nodrag nopan flex h-5 w-5 shrink-0 items-center justify-center rounded-sm text-faint hover:bg-quiet-soft hover:text-ink"
      onClick={(event) => {
        event.stopPropagation();
        onToggle(box);
      }}
    >
      <Icon name={box.open ? "minus" : "plus"} size={11} />
    </button>
  );
}

function Open({ data }: { data: BoxData }): ReactNode {
  const { box } = data;
  return (
    <div className="h-full rounded-lg border border-line-strong bg-surface/60" style={{ borderLeft: `3px solid ${statusLook(box.state).color}` }}>
      <div className="flex h-[34px] items-center gap-[6px] pr-2 pl-[10px]">
        <StatusIcon status={box.state} size={13} />
        <bdi title={box.name} className="min-w-0 truncate font-[560]">
          {box.name}
        </bdi>
        <span className="shrink-0 text-xs text-faint">{KIND[box.kind]?.word ?? box.kind}</span>
        <span className="flex-1" />
        <Toggle data={data} />
      </div>
    </div>
  );
}

function Closed({ data }: { data: BoxData }): ReactNode {
  const { box, counts } = data;
  const look = statusLook(box.state);
  const off = box.state === "SKIPPED" || (box.visits === 0 && box.view !== null);
  return (
    <div
      className={`flex h-full flex-col justify-center gap-[2px] rounded-[7px] border px-[9px] ${off ? "border-dashed border-line-strong bg-surface text-faint" : "border-line-strong bg-raised shadow-card"}`}
      style={{ borderLeft: `3px ${off ? "dashed" : "solid"} ${look.color}` }}
    >
      <div className="flex items-center gap-[6px]">
        <StatusIcon status={box.state} size={13} />
        <bdi title={box.name} className={`min-w-0 flex-1 truncate ${off ? "" : "font-[560] text-ink"}`}>
          {box.name}
        </bdi>
        {box.visits > 1 ? (
          <span title={`${exact(box.visits)} visits`} className="shrink-0 rounded-full bg-quiet-soft px-[6px] text-[10px] font-[600] text-muted">
            ×{compact(box.visits)}
          </span>
        ) : null}
        {box.foldable ? <Toggle data={data} /> : null}
      </div>
      <Facts box={box} counts={counts} />
    </div>
  );
}

function Facts({ box, counts }: { box: Box; counts: Counts | null }): ReactNode {
  const view = box.view;
  if (!view) return null;
  const kind = KIND[box.kind];
  const small = "flex min-w-0 items-center justify-between gap-2 text-[11px] leading-[15px] text-muted";
  if (counts && counts.total > 0) {
    const ended = (counts.done ?? 0) + (counts.failed ?? 0);
    return (
      <>
        <div className={small}>
          <span className="truncate">{kind?.word ?? box.kind}</span>
          <span>{percent(ended / counts.total)}</span>
        </div>
        <Bar counts={counts} height={5} />
        <div className={small}>
          <span>
            {compact(ended)} of {compact(counts.total)}
          </span>
          {counts.failed ? <span className="text-failed">{compact(counts.failed)} failed</span> : null}
        </div>
      </>
    );
  }
  const fraction = view.progress?.total ? Math.min(1, view.progress.done / view.progress.total) : null;
  const what = view.error && box.state === "FAILED" ? view.error.type : box.state === "SKIPPED" ? "not taken" : box.state === "AWAITING" ? "waits" : view.answer ? view.answer.decision : (view.attempts ?? 0) > 1 ? `${view.attempts ?? 0} attempts` : kind ? `${kind.word}${box.children ? ` of ${compact(box.children)}` : ""}` : (view.worker?.split("/")[0] ?? "");
  return (
    <>
      <div className={small}>
        <bdi title={what} className={`truncate ${box.state === "FAILED" ? "text-failed" : ""}`}>
          {what}
        </bdi>
        {view.started ? (
          <span className="shrink-0">
            <Duration from={view.started} to={view.finished} />
          </span>
        ) : null}
      </div>
      {fraction !== null && box.state === "RUNNING" ? <Bar height={3} counts={{ total: 100, done: Math.round(fraction * 100) }} /> : null}
    </>
  );
}
