/** One node on the map of a graph. */
import type { MiniMapNodeProps } from "@xyflow/react";
import type { ReactNode } from "react";

/** A box without crisp edges: in the map of a large graph boxes are lower than a pixel, and most crisp ones would vanish. */
export function MapNode({ x, y, width, height, color, strokeColor }: MiniMapNodeProps): ReactNode {
  return <rect x={x} y={y} width={width} height={height} rx={5} fill={color} stroke={strokeColor} strokeWidth={2} />;
}
