import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { get } from "@/api/client";
import { ENDED, usePace } from "@/api/queries";
import { Button } from "@/parts/button";
import { clockTime, exactTime } from "@/parts/format";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import type { TabProps } from "./run-page";

/** `NodeSucceeded` as `Node succeeded`. */
export function eventWords(kind: string): string {
  return kind.replace(/(?<=[a-z])([A-Z])/g, (letter) => ` ${letter.toLowerCase()}`);
}

const TONES: [RegExp, string][] = [
  [/Failed|Lost/, "text-failed"],
  [/Succeeded|Closed/, "text-succeeded"],
  [/Awaited/, "text-waiting"],
  [/Interrupted|Held/, "text-interrupted"],
  [/Retried|Vetoed|Republished/, "text-suspended"],
];

export function EventsTab({ run, detail, node, onNode }: TabProps): ReactNode {
  const pace = usePace(2000);
  const [ofNode, setOfNode] = useState(false);
  const events = useInfiniteQuery({
    queryKey: ["run", run, "events"],
    queryFn: ({ signal, pageParam }) => get("/api/runs/{run}/events", { run }, { after: pageParam, limit: 500 }, signal),
    initialPageParam: "0",
    getNextPageParam: (page) => (page.more && page.after ? page.after : undefined),
    refetchInterval: ({ state: { data } }) => (ENDED.has(detail.run.status) || (data?.pages.length ?? 0) > 2 ? false : pace),
  });
  const rows = useMemo(() => (events.data?.pages ?? []).flatMap((page) => page.events).filter((event) => !ofNode || event.node === node), [events.data, ofNode, node]);
  if (events.isPending) return <Skeleton rows={10} height={28} />;
  if (events.error && !events.data) return <ErrorState error={events.error} retry={() => void events.refetch()} />;
  return (
    <Card className="overflow-hidden">
      {node ? (
        <div className="border-b border-line px-2 py-[6px]">
          <Button small kind={ofNode ? "primary" : "plain"} aria-pressed={ofNode} onClick={() => setOfNode(!ofNode)}>
            Only this node
          </Button>
        </div>
      ) : null}
      {rows.length === 0 ? (
        <Empty icon="runs" title="No event yet" />
      ) : (
        <ol className="m-0 max-h-[62vh] list-none overflow-auto p-0" tabIndex={0} aria-label="Events">
          {rows.map((event) => (
            <li key={`${event.id} ${event.node}`} className="flex min-w-[560px] items-baseline gap-3 border-b border-line px-3 py-[5px] last:border-0 [content-visibility:auto] hover:bg-sunken">
              <time dateTime={event.time} title={exactTime(event.time)} className="shrink-0 font-mono text-[11.5px] text-faint">
                {clockTime(event.time)}
              </time>
              <span className={`w-[150px] shrink-0 font-[550] ${TONES.find(([pattern]) => pattern.test(event.kind))?.[1] ?? ""}`}>{eventWords(event.kind)}</span>
              {event.node === "$" ? (
                <span className="w-[220px] shrink-0 text-faint">{event.kind === "NodeStarted" ? "closing the run" : "the run"}</span>
              ) : (
                <button type="button" title={event.task || event.name} className="w-[220px] shrink-0 truncate text-left hover:text-accent hover:underline" onClick={() => onNode(event.node)}>
                  <bdi>{event.name}</bdi> <span className="font-mono text-sm text-muted">{event.node}</span>
                </button>
              )}
              <span className="min-w-0 truncate text-muted">
                {Object.entries(event.facts)
                  .map(([name, value]) => `${name} ${typeof value === "string" ? value : JSON.stringify(value)}`)
                  .join(" · ")}
              </span>
            </li>
          ))}
        </ol>
      )}
      {events.hasNextPage ? (
        <div className="border-t border-line p-2">
          <Button small busy={events.isFetchingNextPage} onClick={() => void events.fetchNextPage()}>
            Later events
          </Button>
        </div>
      ) : null}
    </Card>
  );
}
