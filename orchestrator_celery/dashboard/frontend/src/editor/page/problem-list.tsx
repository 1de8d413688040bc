/** All problems of the graph; a click goes to the node or the edge. */
import { useState, type ReactNode } from "react";
import { Icon } from "@/parts/icons";
import { graphAt, START, END, type GraphDocument } from "../model/document";
import { branchesOf, displayName, lineId } from "../model/lines";
import { locate, type Problem } from "../model/problems";
import type { Session } from "../model/session";
import type { Checked } from "./use-problems";

export function ProblemList({ document, checked, session, onShow }: { document: GraphDocument; checked: Checked; session: Session; onShow: (node: string) => void }): ReactNode {
  const [open, setOpen] = useState(true);
  const { problems } = checked;
  if (!problems.length) return null;
  const jump = (problem: Problem): void => {
    const { path, name, edge } = locate(document, problem);
    const line = edge === null ? undefined : graphAt(document, path)?.edges[edge];
    const branch = line ? branchesOf(line)[0]?.branch : undefined;
    session.open(path, line && branch !== undefined && edge !== null ? { nodes: new Set(), lines: new Set([lineId(edge, branch)]) } : { nodes: new Set(name === null ? [] : [name]), lines: new Set() });
    const shown = name ?? line?.from;
    if (shown !== undefined && (shown === START || shown === END || graphAt(document, path)?.nodes.some((node) => node.name === shown))) requestAnimationFrame(() => onShow(shown));
  };
  return (
    <section aria-label="Problems" className="shrink-0 border-t border-line bg-surface">
      <button type="button" aria-expanded={open} className="flex w-full items-center gap-2 px-3 py-[6px] text-left font-[560] focus-visible:outline-offset-[-2px]" onClick={() => setOpen(!open)}>
        <Icon name={open ? "chevronDown" : "chevronRight"} size={11} />
        {problems.length} {problems.length === 1 ? "problem" : "problems"}
      </button>
      {open ? (
        <ul data-problems className="m-0 max-h-[126px] list-none overflow-y-auto p-0 pb-1">
          {problems.slice(0, 200).map((problem, index) => (
            <li key={index}>
              <button type="button" className="flex w-full items-start gap-2 px-3 py-[3px] text-left hover:bg-sunken focus-visible:outline-offset-[-2px]" onClick={() => jump(problem)}>
                <Icon name="warning" size={12} className="mt-[3px] text-failed" />
                {problem.node ? <bdi className="max-w-[180px] shrink-0 truncate font-[560]">{displayName(problem.node)}</bdi> : null}
                <span className="min-w-0 [overflow-wrap:anywhere] text-muted">{problem.text}</span>
              </button>
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}
