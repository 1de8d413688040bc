/** Who did what, when, and what came of it; refused attempts too. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, type ReactNode } from "react";
import { Link, useSearchParams } from "react-router";
import { get, type Schemas } from "@/api/client";
import { useFresh, usePace } from "@/api/queries";
import { download } from "@/graph/export";
import { PageHead } from "@/pages/shell/page-head";
import { Button } from "@/parts/button";
import { FIELD } from "@/parts/dialog";
import { Icon } from "@/parts/icons";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import { Table, type Column } from "@/parts/table";
import { Ago } from "@/parts/time";

type Entry = Schemas["AuditEntry"];
const VERBS = ["suspend", "resume", "interrupt", "retry", "rerun", "skip", "detach", "cancel", "approve", "reject", "set_priority", "deadline", "add_tasks", "close", "save", "delete", "restore", "purge", "subscribe", "unsubscribe", "save_view", "delete_view", "login", "request"];

const COLUMNS: Column<Entry>[] = [
  { key: "time", title: "When", width: 92, phone: 80, cell: (entry) => <span className="text-muted"><Ago time={entry.time} /></span> },
  { key: "verb", title: "Verb", width: 108, phone: 96, cell: (entry) => <b className="font-[560]">{entry.verb.replaceAll("_", " ")}</b> },
  {
    key: "outcome",
    title: "Outcome",
    width: "26%",
    cell: (entry) =>
      (entry.outcome ?? "done") === "done" ? (
        <span className="text-succeeded">
          <Icon name="check" size={12} className="mr-1 inline align-[-1px]" />
          done{entry.after && entry.after !== entry.before ? <span className="text-muted"> → {entry.after}</span> : null}
        </span>
      ) : (
        <span title={entry.outcome} className="text-failed">
          refused: {entry.outcome}
        </span>
      ),
  },
  {
    key: "what",
    title: "Run or signature",
    from: "sm",
    cell: (entry) =>
      entry.run ? (
        <Link to={`/runs/${encodeURIComponent(entry.run)}`} title={entry.run} className="text-accent no-underline hover:underline">
          <bdi>{entry.name || entry.run}</bdi>
          {entry.node ? <span className="text-muted"> {entry.node}</span> : null}
        </Link>
      ) : (
        <bdi title={entry.signature}>{entry.name || entry.signature}</bdi>
      ),
  },
  { key: "actor", title: "Who", width: "16%", from: "sm", cell: (entry) => <bdi title={`${entry.actor} by ${entry.channel}`}>{entry.actor}</bdi> },
  { key: "channel", title: "From", width: 86, from: "md", cell: (entry) => <span className="text-muted">{entry.channel}</span> },
  { key: "reason", title: "Reason", width: "16%", from: "lg", cell: (entry) => <bdi title={entry.reason} className="text-muted">{entry.reason}</bdi> },
];

export default function AuditPage(): ReactNode {
  const [place, setPlace] = useSearchParams();
  const pace = usePace(5000);
  const question = { verb: place.get("verb"), actor: place.get("actor"), run: place.get("run") };
  const put = (name: string, value: string): void =>
    setPlace(
      (before) => {
        const params = new URLSearchParams(before);
        if (value) params.set(name, value);
        else params.delete(name);
        return params;
      },
      { replace: true },
    );
  useFresh("audit", ["audit"], 500);
  const audit = useInfiniteQuery({
    queryKey: ["audit", question],
    queryFn: ({ signal, pageParam }) => get("/api/audit", {}, { ...question, limit: 100, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state: { data } }) => ((data?.pages.length ?? 0) > 1 ? false : pace),
  });
  const entries = useMemo(() => (audit.data?.pages ?? []).flatMap((page) => page.entries), [audit.data]);
  return (
    <>
      <PageHead title="Audit">
        <Button icon="download" disabled={!entries.length} onClick={() => download("audit.jsonl", new Blob([entries.map((entry) => JSON.stringify(entry)).join("\n")], { type: "application/x-ndjson" }))}>
          Export what is shown
        </Button>
      </PageHead>
      <div className="mb-3 flex flex-wrap gap-2">
        <select aria-label="Verb" className={`${FIELD} w-auto`} value={question.verb ?? ""} onChange={(event) => put("verb", event.target.value)}>
          <option value="">All verbs</option>
          {VERBS.map((verb) => (
            <option key={verb} value={verb}>
              {verb.replaceAll("_", " ")}
            </option>
          ))}
        </select>
        <input aria-label="Who" placeholder="Who" className={`${FIELD} w-[180px]`} defaultValue={question.actor ?? ""} onBlur={(event) => put("actor", event.target.value.trim())} onKeyDown={(event) => (event.key === "Enter" ? put("actor", event.currentTarget.value.trim()) : undefined)} />
        <input data-shortcut="search" aria-label="Id of a run" placeholder="Id of a run" className={`${FIELD} w-[240px]`} key={question.run} defaultValue={question.run ?? ""} onBlur={(event) => put("run", event.target.value.trim())} onKeyDown={(event) => (event.key === "Enter" ? put("run", event.currentTarget.value.trim()) : undefined)} />
      </div>
      <Card className="overflow-hidden">
        {audit.isPending ? (
          <Skeleton rows={10} />
        ) : audit.error && !audit.data ? (
          <ErrorState error={audit.error} retry={() => void audit.refetch()} />
        ) : (
          <Table label="Audit trail" rows={entries} columns={COLUMNS} id={(entry) => entry.id} empty={<Empty icon="audit" title="No entry">Every verb leaves an entry: who, what, when, and what came of it.</Empty>} />
        )}
      </Card>
      {audit.hasNextPage ? (
        <Button className="mt-3" busy={audit.isFetchingNextPage} onClick={() => void audit.fetchNextPage()}>
          Older
        </Button>
      ) : null}
    </>
  );
}
