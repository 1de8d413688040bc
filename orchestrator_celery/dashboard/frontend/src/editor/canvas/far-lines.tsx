/** The lines of a large graph that is seen from afar: one picture instead of a part of the page for each line. */
import { ViewportPortal } from "@xyflow/react";
import { createContext, memo, type ReactNode } from "react";
import type { EditLine } from "./line-view";
import type { EditNode } from "./node-view";

/** Whether nodes are plain boxes, because there are many and none can be read. */
export const Crowded = createContext(false);

/** Draws lines, those that look alike in one path. It cannot be clicked: who wants to select a line comes closer. */
export const FarLines = memo(function FarLines({ nodes, lines }: { nodes: readonly EditNode[]; lines: readonly EditLine[] }): ReactNode {
  return (
    <ViewportPortal>
      <svg data-far-lines aria-hidden className="pointer-events-none absolute overflow-visible" style={{ zIndex: -1 }} width={1} height={1}>
        {[...pathsOf(nodes, lines)].map(([color, path]) => (
          <path key={color} d={path} fill="none" stroke={color} strokeWidth={1} vectorEffect="non-scaling-stroke" />
        ))}
      </svg>
    </ViewportPortal>
  );
});

/** The paths of the lines by their color. */
export function pathsOf(nodes: readonly EditNode[], lines: readonly EditLine[]): Map<string, string> {
  const known = new Map(nodes.map((node) => [node.id, node]));
  const found = new Map<string, string[]>();
  for (const line of lines) {
    const source = known.get(line.source);
    const target = known.get(line.target);
    if (!source || !target) continue;
    const color = colorOf(line);
    const parts = found.get(color) ?? [];
    parts.push(curve(source, target));
    found.set(color, parts);
  }
  return new Map([...found].map(([color, parts]) => [color, parts.join("")]));
}

function curve(source: EditNode, target: EditNode): string {
  const from = { x: source.position.x + (source.width ?? 0), y: source.position.y + (source.height ?? 0) / 2 };
  const to = { x: target.position.x, y: target.position.y + (target.height ?? 0) / 2 };
  const bend = Math.max(30, Math.abs(to.x - from.x) * 0.4);
  return `M${from.x} ${from.y}C${from.x + bend} ${from.y} ${to.x - bend} ${to.y} ${to.x} ${to.y}`;
}

function colorOf({ selected, data }: EditLine): string {
  if (selected) return "var(--focus)";
  if (data?.change) return data.change === "added" ? "var(--bar-succeeded)" : data.change === "removed" ? "var(--bar-failed)" : "var(--suspended)";
  if (data?.taken) return data.line.kind === "error" ? "var(--bar-failed)" : "var(--bar-succeeded)";
  return data?.problems.length ? "var(--bar-failed)" : "var(--line-strong)";
}
