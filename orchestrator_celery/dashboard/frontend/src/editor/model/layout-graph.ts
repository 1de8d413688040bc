/** The automatic layout: the one of the view of runs, asked for the graph that is edited. */
import { layout } from "@/graph/layout";
import { shapeOf, type Box, type Drawing, type Line as DrawnLine } from "@/graph/model";
import { sizeOf } from "./arrange";
import { drawnNames } from "./commands";
import { END, START, type GraphBody, type Point } from "./document";
import { linesOf } from "./lines";

/** Where all nodes stand after the automatic layout; elk runs in a worker. */
export async function arranged(graph: GraphBody): Promise<Map<string, Point>> {
  const box = (name: string): Box => ({ id: name, node: name, kind: name === START ? "start" : name === END ? "end" : "task", name, state: "WAITING", parent: null, open: false, foldable: false, children: 0, visits: 0, view: null });
  const boxes = drawnNames(graph).map(box);
  const known = new Set(boxes.map(({ id }) => id));
  const lines = linesOf(graph)
    .filter(({ source, target }) => known.has(source) && known.has(target))
    .map((line): DrawnLine => ({ id: line.id, source: line.source, target: line.target, kind: "data", label: line.label.slice(0, 12), way: "open", count: 0 }));
  // What is not connected yet stands before END, not beside START.
  const leaving = new Set(lines.map(({ source }) => source));
  for (const name of drawnNames(graph))
    if (name !== END && !leaving.has(name)) lines.push({ id: `${name}/end`, source: name, target: END, kind: "data", label: "", way: "open", count: 0 });
  const drawing: Drawing = { boxes, lines, shape: shapeOf(boxes, lines) };
  const made = await layout(drawing);
  const entries = new Map(graph.nodes.map((node) => [node.name, node]));
  return new Map(
    [...made.places].map(([name, place]) => {
      const own = sizeOf(name, entries.get(name));
      return [name, { x: Math.round(place.x), y: Math.round(place.y + (place.height - own.height) / 2) }];
    }),
  );
}
