/** One line of the canvas that is edited. Its kind is told by dashes, a mark and words: colour only helps. */
import { BaseEdge, EdgeLabelRenderer, getBezierPath, type Edge, type EdgeProps } from "@xyflow/react";
import { memo, type CSSProperties, type ReactNode } from "react";
import { roundPath } from "@/graph/layout";
import { Icon, type IconName } from "@/parts/icons";
import type { Line, LineKind } from "../model/lines";

export interface LineData extends Record<string, unknown> {
  line: Line;
  /** The place among the conditions of its rule, from 1; 0 without an order. */
  order: number;
  problems: readonly string[];
  taken: number;
  /** The value that went along it in a trial. */
  value: string | null;
  tried: boolean;
  change: "added" | "removed" | "changed" | null;
  onSelect: (id: string, add: boolean) => void;
}

export type EditLine = Edge<LineData, "edit">;

const MARKS: Partial<Record<LineKind, IconName>> = { error: "failed", otherwise: "chevronRight", key: "link" };
const CHANGES = { added: "var(--bar-succeeded)", removed: "var(--bar-failed)", changed: "var(--suspended)" } as const;

/** How far a line back goes around the nodes. */
const AROUND = 46;

export const LineView = memo(function LineView(props: EdgeProps<EditLine>): ReactNode {
  const { data, selected, sourceX, sourceY, targetX, targetY } = props;
  if (!data) return null;
  const { line, taken, tried, change, problems } = data;
  const back = targetX < sourceX + 10;
  const below = Math.max(sourceY, targetY) + AROUND + line.twin * 18;
  const [path, middleX, middleY] = back && line.kind !== "error" ? around(sourceX, sourceY, targetX, targetY, below) : getBezierPath({ ...props, curvature: 0.3 });
  const y = middleY + (back ? 0 : line.twin * 19);
  const color = selected ? "var(--focus)" : change ? CHANGES[change] : taken ? (line.kind === "error" ? "var(--bar-failed)" : "var(--bar-succeeded)") : problems.length ? "var(--bar-failed)" : "var(--line-strong)";
  const style: CSSProperties = { stroke: color, strokeWidth: selected || taken || change ? 2.2 : 1.5, ...(line.kind === "error" ? { strokeDasharray: "9 3" } : tried && !taken ? { strokeDasharray: "4 4" } : {}) };
  const mark = MARKS[line.kind];
  const text = line.label;
  const head = change === "removed" || (taken && line.kind === "error") ? "failed" : taken || change === "added" ? "taken" : "open";
  return (
    <>
      <BaseEdge path={path} style={style} interactionWidth={18} markerEnd={`url(#arrow-${head})`} />
      {text || problems.length || data.value || taken > 1 ? (
        <EdgeLabelRenderer>
          <div
            data-line={line.id}
            title={[text, ...problems].join("\n")}
            style={{ transform: `translate(-50%, -50%) translate(${middleX}px, ${y}px)`, maxWidth: data.value ? 104 : 176, pointerEvents: "all" }}
            className={`nopan absolute flex group-data-[far=true]/canvas:hidden cursor-pointer flex-col rounded-sm border px-[5px] text-[10.5px] leading-[15px] ${selected ? "border-[var(--focus)] bg-accent-soft text-ink" : "border-line bg-surface text-muted"} ${line.kind === "error" ? "text-failed" : ""} ${tried && !taken ? "text-faint" : ""}`}
            onClick={(event) => {
              event.stopPropagation();
              data.onSelect(line.id, event.shiftKey || event.ctrlKey || event.metaKey);
            }}
          >
            <span className="flex min-w-0 items-center gap-1">
              {problems.length ? <Icon name="warning" size={10} label="Problem" className="text-failed" /> : mark ? <Icon name={mark} size={9} /> : null}
              {data.order ? <b className="font-[620] text-faint">{data.order}</b> : null}
              <bdi className="truncate">{text}</bdi>
              {taken > 1 ? <b className="font-[620]">×{taken}</b> : null}
            </span>
            {data.value ? <bdi className="truncate font-mono text-[10px] text-ink">{data.value}</bdi> : null}
          </div>
        </EdgeLabelRenderer>
      ) : null}
    </>
  );
});

/** A line that leads back goes out to the right, under both nodes, and in from the left. */
function around(sourceX: number, sourceY: number, targetX: number, targetY: number, below: number): [string, number, number] {
  const out = sourceX + 20;
  const into = targetX - 20;
  const points = [
    { x: sourceX, y: sourceY },
    { x: out, y: sourceY },
    { x: out, y: below },
    { x: into, y: below },
    { x: into, y: targetY },
    { x: targetX, y: targetY },
  ];
  return [roundPath(points), (out + into) / 2, below];
}
