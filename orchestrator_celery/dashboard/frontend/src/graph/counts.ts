/** How much of each swarm is done. */
import type { Schemas } from "@/api/client";
import type { Counts } from "@/parts/progress";
import type { NodeView } from "./model";

/**
 * Counts of each swarm. A swarm whose items are all in the tree is counted; the one that is larger than a page gets what
 * the progress of the run has beyond all others. With two of those, neither is known, and none is shown.
 */
export function swarmCounts(tree: NodeView, progress: Schemas["Progress"]): Map<string, Counts> {
  const found = new Map<string, Counts>();
  const large: NodeView[] = [];
  const others: Counts = { total: 0, done: 0, failed: 0, running: 0 };
  const visit = (node: NodeView, inside: boolean): void => {
    const children = node.children ?? [];
    const total = node.children_total ?? 0;
    if (node.kind === "swarm" || node.kind === "map") {
      if (total > children.length) {
        large.push(node);
        return;
      }
      const counts: Counts = { total, done: 0, failed: 0, running: 0 };
      for (const child of children) add(counts, child.state);
      found.set(node.id, counts);
    }
    if (children.length === 0 && !["swarm", "map", "graph", "node", "approval"].includes(node.kind) && !inside) {
      others.total += 1;
      add(others, node.state);
    }
    for (const child of children) visit(child, inside);
  };
  visit(tree, false);
  const [only] = large;
  if (large.length === 1 && only)
    found.set(only.id, {
      total: only.children_total ?? 0,
      done: Math.max(0, progress.done - (others.done ?? 0)),
      failed: Math.max(0, progress.failed - (others.failed ?? 0)),
      running: Math.max(0, progress.running - (others.running ?? 0)),
    });
  return found;
}

function add(counts: Counts, state: string): void {
  if (state === "SUCCEEDED") counts.done = (counts.done ?? 0) + 1;
  else if (state === "FAILED") counts.failed = (counts.failed ?? 0) + 1;
  else if (state === "RUNNING") counts.running = (counts.running ?? 0) + 1;
}
