/** One node of the canvas that is edited. */
import { Handle, Position, type Node, type NodeProps } from "@xyflow/react";
import { memo, use, type ReactNode } from "react";
import { Icon, type IconName } from "@/parts/icons";
import { statusLook, StatusIcon } from "@/parts/status";
import type { NodeTrial } from "../trial/trial-model";
import { END, nestedIn, START, SWARM, type NodeEntry } from "../model/document";
import { displayName, isMarker } from "../model/lines";
import { Crowded } from "./far-lines";

export interface NodeData extends Record<string, unknown> {
  name: string;
  entry: NodeEntry | null;
  problems: readonly string[];
  /** No worker has its task. */
  unknown: boolean;
  trial: NodeTrial | null;
  /** Whether a trial is shown, so that what it did not reach is pale. */
  tried: boolean;
  change: "added" | "removed" | "changed" | null;
}

export type EditNode = Node<NodeData, "edit">;

export function lookOf(entry: NodeEntry): { icon: IconName; word: string } {
  if (entry.approval) return { icon: "waiting", word: "approval" };
  const graph = nestedIn(entry);
  if (graph) return { icon: "graphs", word: `graph of ${graph.nodes.length}` };
  const signature = entry.signature;
  const kind = signature?.subtask_type;
  if (kind === SWARM) return { icon: "swarm", word: `swarm of ${Array.isArray(signature?.kwargs?.["tasks"]) ? signature.kwargs["tasks"].length : 0}` };
  if (kind) return { icon: "chain", word: kind.replace(/^orchestrator\./, "") };
  return { icon: "task", word: signature?.task ?? "" };
}

const CHANGES = { added: "var(--bar-succeeded)", removed: "var(--bar-failed)", changed: "var(--suspended)" } as const;
const HANDLE = "h-[11px]! w-[11px]! rounded-full! border-2! border-surface! bg-[var(--bar-quiet)]! hover:bg-accent! hover:scale-125 group-data-[far=true]/canvas:hidden!";

export const NodeView = memo(function NodeView({ data, selected }: NodeProps<EditNode>): ReactNode {
  const { name, entry, trial, tried, change } = data;
  const crowded = use(Crowded);
  // A plain box takes the colour of the focus instead.
  const outline = selected ? (crowded && !isMarker(name) ? "" : "outline-2 outline-offset-2 outline-[var(--focus)]") : change ? "outline-2 outline-offset-2" : "";
  return (
    <div data-node={name} data-state={trial?.state} data-change={change ?? undefined} className={`group/node h-full w-full rounded-[7px] [contain:layout_size_style] ${outline}`} style={change && !selected ? { outlineColor: CHANGES[change] } : undefined}>
      {crowded || name === START ? null : <Handle type="target" position={Position.Left} className={HANDLE} aria-hidden />}
      {isMarker(name) ? (
        <div
          className={`flex h-full items-center justify-center rounded-full border text-[10px] font-[620] tracking-[.06em] ${trial ? "border-[var(--bar-succeeded)] bg-succeeded-soft text-succeeded" : "border-line-strong bg-sunken text-muted"}`}
        >
          {displayName(name)}
        </div>
      ) : entry ? (
        crowded ? (
          <div className="h-full rounded-[7px]" style={{ background: selected ? "var(--focus)" : colorOf(data) }} />
        ) : (
          <Body data={data} entry={entry} off={tried && !trial} />
        )
      ) : null}
      {crowded || name === END ? null : <Handle type="source" id="then" position={Position.Right} className={HANDLE} aria-hidden />}
      {crowded || isMarker(name) ? null : (
        <Handle type="source" id="error" position={Position.Bottom} title="On error" className={`${HANDLE} left-[22px]! bg-[var(--bar-failed)]! opacity-0 group-hover/node:opacity-100 ${selected ? "opacity-100" : ""}`} aria-hidden />
      )}
    </div>
  );
});

function colorOf({ trial, problems, change }: NodeData): string {
  return trial ? statusLook(trial.state).color : problems.length ? "var(--bar-failed)" : change ? CHANGES[change] : "var(--line-strong)";
}

function Body({ data, entry, off }: { data: NodeData; entry: NodeEntry; off: boolean }): ReactNode {
  const { icon, word } = lookOf(entry);
  const { problems, trial, unknown } = data;
  const color = colorOf(data);
  return (
    <div className={`flex h-full flex-col justify-center gap-[1px] rounded-[7px] border border-line-strong px-[9px] ${off ? "border-dashed bg-surface text-faint" : "bg-raised shadow-card group-data-[far=true]/canvas:shadow-none"}`} style={{ borderLeft: `3px ${off ? "dashed" : "solid"} ${color}` }}>
      <div className="flex items-center gap-[6px] group-data-[far=true]/canvas:hidden">
        {trial ? <StatusIcon status={trial.state} size={13} /> : <Icon name={icon} size={13} className={entry.approval ? "text-waiting" : "text-faint"} />}
        <bdi title={entry.name} className={`min-w-0 flex-1 truncate ${off ? "" : "font-[560] text-ink"}`}>
          {entry.name}
        </bdi>
        {trial && trial.visits > 1 ? <Chip text={`×${trial.visits}`} title={`${trial.visits} visits`} /> : null}
        {problems.length ? (
          <span title={problems.join("\n")} className="flex h-4 min-w-4 items-center justify-center rounded-full bg-failed px-1 text-[10px] font-[650] text-on-accent">
            {problems.length}
          </span>
        ) : null}
      </div>
      <div className="flex min-w-0 items-center gap-1 text-[11px] leading-[16px] text-muted group-data-[far=true]/canvas:hidden">
        {trial?.value ? (
          <bdi title={trial.assumed ? `${trial.value}: no stand-in result was given` : trial.value} className={`min-w-0 flex-1 truncate font-mono text-[10.5px] ${trial.state === "FAILED" ? "text-failed" : off ? "" : "text-ink"}`}>
            {trial.assumed ? "null, assumed" : trial.value}
          </bdi>
        ) : (
          <>
            <bdi title={unknown ? `No live worker has ${word}` : word} className={`min-w-0 flex-1 truncate ${unknown ? "text-suspended" : ""}`}>
              {word}
            </bdi>
            {unknown ? <Icon name="warning" size={11} label="No worker has this task" className="text-suspended" /> : null}
          </>
        )}
        {entry.join ? <Chip text={`join ${entry.join}`} title={`Waits for ${entry.join === "all" ? "all branches" : "the first branch"}`} /> : null}
        {entry.map_over !== undefined ? <Chip text="map" title="Runs once for each element of a list" /> : null}
        {entry.retry ? <Chip text={`↻${entry.retry.attempts}`} title={`${entry.retry.attempts} attempts`} /> : null}
      </div>
    </div>
  );
}

function Chip({ text, title }: { text: string; title: string }): ReactNode {
  return (
    <span title={title} className="shrink-0 rounded-[4px] bg-quiet-soft px-[5px] text-[10px] leading-[14px] font-[560] text-muted">
      {text}
    </span>
  );
}
