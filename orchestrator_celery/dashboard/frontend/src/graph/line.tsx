/** One line of the canvas. Its kind is told by its dashes and its mark, the way by its strength: colour only helps. */
import { BaseEdge, EdgeLabelRenderer, getBezierPath, type Edge, type EdgeProps } from "@xyflow/react";
import { memo, type CSSProperties, type ReactNode } from "react";
import { compact } from "@/parts/format";
import { Icon, type IconName } from "@/parts/icons";
import { labelWidth, roundPath, type Route } from "./layout";
import type { Line, LineKind, Way } from "./model";

export interface LineData extends Record<string, unknown> {
  line: Line;
  route: Route | undefined;
}

export type LineEdge = Edge<LineData, "line">;

const MARKS: Partial<Record<LineKind, IconName>> = { error: "failed", success: "check", cleanup: "undo", otherwise: "chevronRight" };

/** The stroke of a line; the export of pictures uses it too. */
export function strokeOf(kind: LineKind, way: Way): { color: string; width: number; dash: string } {
  const color = way === "taken" ? (kind === "error" ? "var(--bar-failed)" : kind === "cleanup" ? "var(--bar-quiet)" : "var(--bar-succeeded)") : "var(--line-strong)";
  const dash = way === "not-taken" ? "4 4" : kind === "error" ? "9 3" : kind === "cleanup" ? "2 3" : "";
  return { color, width: way === "taken" ? 2.2 : 1.5, dash };
}

export const LineView = memo(function LineView(props: EdgeProps<LineEdge>): ReactNode {
  const { data } = props;
  if (!data) return null;
  const { line, route } = data;
  const { color, width, dash } = strokeOf(line.kind, line.way);
  const [curve, middleX, middleY] = getBezierPath(props);
  const path = route ? roundPath(route.points) : curve;
  const style: CSSProperties = { stroke: color, strokeWidth: width, opacity: line.way === "not-taken" ? 0.65 : 1, ...(dash ? { strokeDasharray: dash } : {}) };
  const mark = MARKS[line.kind];
  const at = route?.label ?? { x: middleX - labelWidth(line.label) / 2, y: middleY - 8 };
  const centre = route ? middle(route.points) : { x: middleX, y: middleY };
  return (
    <>
      <BaseEdge path={path} style={style} markerEnd={`url(#arrow-${line.way === "taken" ? (line.kind === "error" ? "failed" : "taken") : "open"})`} />
      {line.label || mark || line.count > 1 ? (
        <EdgeLabelRenderer>
          {line.label ? (
            <div
              title={line.label}
              style={{ transform: `translate(${at.x}px, ${at.y}px)`, maxWidth: 190 }}
              className={`absolute z-[1000] flex items-center gap-1 rounded-sm bg-bg/85 px-1 text-[10.5px] leading-4 whitespace-nowrap ${line.kind === "error" ? "text-failed" : line.way === "not-taken" ? "text-faint" : "text-muted"}`}
            >
              {mark ? <Icon name={mark} size={9} /> : null}
              <span className="truncate">{line.label}</span>
              {line.count > 1 ? <b className="font-[620]">×{compact(line.count)}</b> : null}
            </div>
          ) : (
            <div
              style={{ transform: `translate(-50%, -50%) translate(${centre.x}px, ${centre.y}px)` }}
              className={`absolute z-[1000] flex items-center gap-[2px] rounded-full border border-line bg-surface px-[4px] text-[10px] leading-[14px] ${line.kind === "error" ? "text-failed" : "text-muted"}`}
            >
              {mark ? <Icon name={mark} size={9} label={line.kind} /> : null}
              {line.count > 1 ? `×${compact(line.count)}` : null}
            </div>
          )}
        </EdgeLabelRenderer>
      ) : null}
    </>
  );
});

function middle(points: readonly { x: number; y: number }[]): { x: number; y: number } {
  let longest = { length: -1, x: 0, y: 0 };
  points.slice(1).forEach((point, index) => {
    const before = points[index];
    if (!before) return;
    const length = Math.hypot(point.x - before.x, point.y - before.y);
    if (length > longest.length) longest = { length, x: (point.x + before.x) / 2, y: (point.y + before.y) / 2 };
  });
  return longest;
}

/** The heads of the arrows, once a canvas. */
export function Arrows(): ReactNode {
  const heads = [
    ["open", "var(--line-strong)"],
    ["taken", "var(--bar-succeeded)"],
    ["failed", "var(--bar-failed)"],
  ] as const;
  return (
    <svg className="absolute h-0 w-0" aria-hidden>
      <defs>
        {heads.map(([name, color]) => (
          <marker key={name} id={`arrow-${name}`} viewBox="0 0 8 8" refX="7" refY="4" markerWidth="9" markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">
            <path d="M1 1l6 3-6 3z" fill={color} />
          </marker>
        ))}
      </defs>
    </svg>
  );
}
