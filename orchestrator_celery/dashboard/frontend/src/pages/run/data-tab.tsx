import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { get } from "@/api/client";
import { JsonView } from "@/parts/json-view";
import { Card, ErrorState, Skeleton } from "@/parts/states";
import { Traceback } from "@/parts/traceback";
import { Shown } from "./node-panel";
import type { TabProps } from "./run-page";

/** What went in, what came out, and what the run is, as data. */
export function DataTab({ run, detail }: TabProps): ReactNode {
  const root = useQuery({ queryKey: ["run", run, "node", "0"], queryFn: ({ signal }) => get("/api/runs/{run}/nodes/{node}", { run, node: "0" }, { limit: 1 }, signal) });
  if (root.isPending) return <Skeleton rows={6} />;
  if (root.error) return <ErrorState error={root.error} retry={() => void root.refetch()} />;
  const { node, input, args, kwargs, result } = root.data;
  return (
    <div className="grid grid-cols-2 gap-[14px] max-lg:grid-cols-1">
      <Card className="p-3">
        <Shown title="Input" shown={input} />
        <Shown title="Arguments" shown={args} />
        <Shown title="Keyword arguments" shown={kwargs} />
        {node.error ? <Traceback {...node.error} /> : null}
        <Shown title="Result" shown={result} />
        {!input && !args && !kwargs && !result && !node.error ? <p className="m-0 text-muted">No input, and no result yet.</p> : null}
      </Card>
      <Card className="p-3">
        <h3 className="mb-1 text-sm font-[580] text-faint">Run</h3>
        <JsonView value={detail.run} open={1} />
      </Card>
    </div>
  );
}
