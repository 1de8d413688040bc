/** What differs between two versions: in words, and line by line in their Python modules. */
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ErrorState, Skeleton } from "@/parts/states";
import { differenceOf } from "../api";
import { displayName } from "../model/lines";
import type { GraphDocument } from "../model/document";

const TONES = { added: "text-succeeded", removed: "text-failed", changed: "text-suspended" } as const;
const SIGNS = { added: "+", removed: "−", changed: "~" } as const;

export function DifferenceView({ old, now, oldName, nowName }: { old: GraphDocument; now: GraphDocument; oldName: string; nowName: string }): ReactNode {
  const answer = useQuery({ queryKey: ["graph-diff", JSON.stringify(old), JSON.stringify(now)], queryFn: () => differenceOf(old, now, [oldName, nowName]), staleTime: Infinity });
  if (answer.isPending) return <Skeleton rows={4} height={24} />;
  if (!answer.data) return <ErrorState error={answer.error} retry={() => void answer.refetch()} />;
  const { nodes, edges, fields, text } = answer.data;
  const same = !nodes.length && !edges.length && !fields.length;
  return (
    <div data-difference className="flex flex-col gap-3">
      {same ? <p className="m-0 text-muted">Both build the same graph.</p> : null}
      {same ? null : (
        <ul className="m-0 flex list-none flex-col gap-[2px] p-0">
          {fields.map((field) => (
            <Row key={field} change="changed" what={`the graph's ${field}`} about="" />
          ))}
          {nodes.map(({ name, change, fields: parts }) => (
            <Row key={name} change={change} what={`node ${name}`} about={change === "changed" ? parts.join(", ") : ""} />
          ))}
          {edges.map(({ change, source, target, text: label }, index) => (
            <Row key={index} change={change} what={`edge ${displayName(source)} → ${displayName(target)}`} about={label} />
          ))}
        </ul>
      )}
      {text ? (
        <div>
          <p className="m-0 mb-1 text-sm text-muted">
            From {oldName} to {nowName}, as Python
          </p>
          <pre tabIndex={0} aria-label="Difference of the Python modules" className="m-0 max-h-[320px] overflow-auto rounded-md bg-sunken p-2 text-[11.5px] leading-[17px]">
            {text.split("\n").map((line, index) => (
              <div key={index} className={line.startsWith("+") ? "text-succeeded" : line.startsWith("-") ? "text-failed" : line.startsWith("@") ? "text-faint" : ""}>
                {line || " "}
              </div>
            ))}
          </pre>
        </div>
      ) : null}
    </div>
  );
}

function Row({ change, what, about }: { change: keyof typeof TONES; what: string; about: string }): ReactNode {
  return (
    <li className="flex min-w-0 gap-2">
      <b className={`w-3 shrink-0 text-center font-[650] ${TONES[change]}`} title={change}>
        {SIGNS[change]}
      </b>
      <span className="sr-only">{change}</span>
      <bdi className="min-w-0 truncate">{what}</bdi>
      {about ? <bdi className="min-w-0 truncate text-muted">{about}</bdi> : null}
    </li>
  );
}
