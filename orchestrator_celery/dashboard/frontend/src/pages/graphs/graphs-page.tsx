/** Saved signatures and graphs: run one, its runs, delete it. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { get, post, type Schemas } from "@/api/client";
import { queryClient, useFresh, usePace, useSession } from "@/api/queries";
import { PageHead } from "@/pages/shell/page-head";
import { Button, CopyButton } from "@/parts/button";
import { Confirm, Dialog, Field, FIELD } from "@/parts/dialog";
import { DialogForm, useSubmit } from "@/parts/form";
import { SchemaForm } from "@/parts/schema-form";
import type { Schema } from "@/parts/schema";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import { StatusBadge } from "@/parts/status";
import { Table, type Column } from "@/parts/table";
import { Ago, Duration } from "@/parts/time";
import { toast } from "@/parts/toast";

type Signature = Schemas["SignatureView"];
type Graph = Schemas["SavedGraph"];

const editor = (name: string): string => `/graphs/edit/${encodeURIComponent(name)}`;

const GRAPHS: Column<Graph>[] = [
  { key: "name", title: "Name", cell: (graph) => <bdi title={graph.name} className="font-[560]">{graph.name}</bdi> },
  { key: "note", title: "Last note", from: "md", cell: (graph) => <bdi title={graph.note} className="text-muted">{graph.note}</bdi> },
  { key: "nodes", title: "Nodes", width: 70, align: "right", from: "sm", cell: (graph) => <span className="text-muted">{graph.nodes}</span> },
  { key: "version", title: "Version", width: 80, align: "right", cell: (graph) => graph.version },
  { key: "author", title: "Author", width: 130, from: "lg", cell: (graph) => <bdi className="text-muted">{graph.author}</bdi> },
  { key: "saved", title: "Saved", width: 90, align: "right", from: "sm", cell: (graph) => <span className="text-muted"><Ago time={graph.saved} /></span> },
  {
    key: "edit",
    title: "",
    width: 70,
    align: "right",
    cell: (graph) => (
      <Link to={editor(graph.name)} aria-label={`Edit ${graph.name}`} className="text-accent no-underline hover:underline" onClick={(event) => event.stopPropagation()}>
        Edit
      </Link>
    ),
  },
];

const COLUMNS: Column<Signature>[] = [
  { key: "name", title: "Name", cell: (signature) => <bdi title={signature.name} className="font-[560]">{signature.name || signature.id}</bdi> },
  { key: "category", title: "Category", width: 130, from: "md", cell: (signature) => <span className="text-muted">{signature.category}</span> },
  {
    key: "tags",
    title: "Tags",
    width: 160,
    from: "md",
    cell: (signature) =>
      signature.tags.map((tag) => (
        <span key={tag} className="mr-1 rounded-[5px] bg-quiet-soft px-[7px] py-px text-sm">
          {tag}
        </span>
      )),
  },
  { key: "created", title: "Saved", width: 100, align: "right", cell: (signature) => <span className="text-muted"><Ago time={signature.created} /></span> },
];

export default function GraphsPage(): ReactNode {
  const [place, setPlace] = useSearchParams();
  const navigate = useNavigate();
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const pace = usePace(6000);
  const current = place.get("signature");
  useFresh("audit", ["signatures", "active"], 1000);
  // Without saving, a workflow comes with its run.
  useFresh(all ? "runs" : "", ["signatures", "active"], 2000);
  const list = useInfiniteQuery({
    queryKey: ["signatures", "active", text, all],
    queryFn: ({ signal, pageParam }) => get("/api/signatures", {}, { status: "ACTIVE", limit: 100, ...(all ? {} : { saved: true }), ...(text ? { text } : {}), ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: ({ state: { data } }) => ((data?.pages.length ?? 0) > 1 ? false : pace),
  });
  const graphs = useQuery({ queryKey: ["graphs", text], queryFn: ({ signal }) => get("/api/graphs", {}, { limit: 100, ...(text ? { text } : {}) }, signal), refetchInterval: pace || 15_000 });
  const drawn = graphs.data?.graphs ?? [];
  // The newest version of a graph stands in the list of graphs already.
  const rows = useMemo(() => {
    const newest = new Set((graphs.data?.graphs ?? []).map((graph) => graph.signature));
    return (list.data?.pages ?? []).flatMap((page) => page.signatures).filter(({ id }) => !newest.has(id));
  }, [list.data, graphs.data]);
  const choose = (id: string | null): void => setPlace(id ? { signature: id } : {}, { replace: true });
  return (
    <>
      <PageHead title="Graphs" about="and other saved workflows">
        <Button kind="primary" icon="plus" onClick={() => void navigate("/graphs/new")}>
          New graph
        </Button>
      </PageHead>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <input type="search" data-shortcut="search" aria-label="Search by name" placeholder="Search by name" className={`${FIELD} w-[260px]`} value={text} onChange={(event) => setText(event.target.value)} />
        <label className="flex items-center gap-2 text-muted">
          <input type="checkbox" className="m-0 accent-[var(--accent)]" checked={all} onChange={() => setAll(!all)} /> also those that were applied without saving
        </label>
      </div>
      <div className={`grid items-start gap-4 ${current ? "grid-cols-[minmax(0,1fr)_minmax(0,440px)] max-lg:grid-cols-1" : "grid-cols-1"}`}>
        <div className="flex min-w-0 flex-col gap-4">
          {drawn.length ? (
            <Card className="overflow-hidden">
              <h2 className="border-b border-line bg-sunken px-[10px] py-1 text-sm font-[580] text-muted">Graphs with versions</h2>
              <Table label="Graphs with versions" rows={drawn} columns={current ? GRAPHS.filter(({ key }) => key !== "note" && key !== "author") : GRAPHS} id={(graph) => graph.signature} current={current ?? undefined} onOpen={(graph) => choose(graph.signature)} />
            </Card>
          ) : null}
          <Card className="overflow-hidden">
            {drawn.length ? <h2 className="border-b border-line bg-sunken px-[10px] py-1 text-sm font-[580] text-muted">Other saved workflows, and earlier versions</h2> : null}
            {list.isPending ? (
              <Skeleton rows={6} />
            ) : list.error && !list.data ? (
              <ErrorState error={list.error} retry={() => void list.refetch()} />
            ) : (
              <Table
                label="Saved workflows"
                rows={rows}
                columns={COLUMNS}
                id={(signature) => signature.id}
                current={current ?? undefined}
                onOpen={(signature) => choose(signature.id)}
                empty={
                  <Empty icon="graphs" title={text ? "No workflow has this name" : "No workflow is saved"}>
                    {text ? null : (
                      <>
                        Draw a graph, or save a workflow: <code>orchestrator.save(graph, name="orders")</code>. Then it can be run from here.
                      </>
                    )}
                  </Empty>
                }
              />
            )}
          </Card>
        </div>
        {current ? <Detail key={current} id={current} graph={drawn.find((graph) => graph.signature === current)?.name ?? null} onClose={() => choose(null)} /> : null}
      </div>
      {list.hasNextPage ? (
        <Button className="mt-3" onClick={() => void list.fetchNextPage()}>
          More
        </Button>
      ) : null}
    </>
  );
}

const DAY = 86_400;
const WEEK = 7 * DAY;
/** How long a deleted workflow can be restored, in seconds. */
const WINDOWS: [string, number][] = [
  ["1 hour", 3600],
  ["1 day", DAY],
  ["7 days", WEEK],
  ["30 days", 30 * DAY],
];

function Detail({ id, graph, onClose }: { id: string; graph: string | null; onClose: () => void }): ReactNode {
  const navigate = useNavigate();
  const may = useSession().data?.verbs ?? [];
  const pace = usePace(4000);
  const [dialog, setDialog] = useState<"" | "run" | "delete">("");
  const [after, setAfter] = useState(WEEK);
  const signature = useQuery({ queryKey: ["signature", id], queryFn: ({ signal }) => get("/api/signatures/{signature}", { signature: id }, {}, signal) });
  useFresh("runs", ["signature", id, "runs"], 1000);
  const runs = useQuery({ queryKey: ["signature", id, "runs"], queryFn: ({ signal }) => get("/api/signatures/{signature}/runs", { signature: id }, { limit: 20 }, signal), refetchInterval: pace });
  if (signature.isPending) return <Skeleton rows={5} />;
  if (!signature.data) return <ErrorState error={signature.error} />;
  const name = signature.data.name || id;
  const why = (verb: string): string | null => (may.includes(verb) ? null : `Your role does not allow to ${verb}.`);
  return (
    <Card>
      <header className="flex items-start gap-2 px-[14px] pt-3">
        <div className="min-w-0 flex-1">
          <h2 className="truncate text-base font-[620]">
            <bdi title={name}>{name}</bdi>
          </h2>
          <span className="flex items-center text-muted">
            <code className="max-w-[230px] truncate">{id}</code> <CopyButton text={id} label="Copy the id" />
          </span>
        </div>
        <Button small kind="quiet" icon="close" aria-label="Close" onClick={onClose} />
      </header>
      <div className="flex gap-2 px-[14px] py-3">
        <Button kind="primary" icon="play" refusal={why("run")} onClick={() => setDialog("run")}>
          Run…
        </Button>
        {graph === null ? null : (
          <Button icon="graphs" onClick={() => void navigate(editor(graph))}>
            Edit
          </Button>
        )}
        <Button kind="danger" refusal={why("delete")} onClick={() => setDialog("delete")}>
          Delete…
        </Button>
      </div>
      <h3 className="border-y border-line bg-sunken px-[14px] py-1 text-sm font-[580] text-faint">Its runs</h3>
      {runs.data?.length ? (
        <ul className="m-0 max-h-[46vh] list-none overflow-y-auto p-0">
          {runs.data.map((run) => (
            <li key={run.id} className="border-b border-line last:border-0">
              <Link to={`/runs/${encodeURIComponent(run.id)}`} className="flex items-center gap-3 px-[14px] py-2 text-ink no-underline hover:bg-sunken">
                <StatusBadge status={run.status} />
                <code className="min-w-0 flex-1 truncate text-muted">{run.id}</code>
                <Duration from={run.started} to={run.finished} />
                <span className="text-muted">
                  <Ago time={run.created} />
                </span>
              </Link>
            </li>
          ))}
        </ul>
      ) : (
        <p className="m-0 px-[14px] py-4 text-muted">{runs.isPending ? "…" : "It has not run yet."}</p>
      )}
      <RunDialog id={id} name={name} open={dialog === "run"} onClose={() => setDialog("")} />
      <Confirm
        open={dialog === "delete"}
        onClose={() => setDialog("")}
        title={`Delete ${name}?`}
        about="It moves to Deleted, where it can be restored and run again until its time is over. Runs that are live go on."
        verb="Delete"
        danger
        onConfirm={async () => {
          await post("/api/signatures/{signature}/delete", { signature: id }, { after });
          toast(`${name} is deleted.`, { action: { label: "Undo", run: () => void post("/api/signatures/{signature}/restore", { signature: id }).then(() => queryClient.invalidateQueries({ queryKey: ["signatures"] })) } });
          void queryClient.invalidateQueries({ queryKey: ["signatures"] });
          onClose();
        }}
      >
        <Field label="It can be restored for">
          <select className={FIELD} value={after} onChange={(event) => setAfter(Number(event.target.value))}>
            {WINDOWS.map(([words, seconds]) => (
              <option key={words} value={seconds}>
                {words}
              </option>
            ))}
          </select>
        </Field>
      </Confirm>
    </Card>
  );
}

const INPUT_SCHEMA: Schema = {
  type: "object",
  properties: {
    args: { type: "array", title: "Arguments", items: {} },
    kwargs: { title: "Keyword arguments", description: 'A JSON object, such as {"country": "DE"}.' },
  },
};

function RunDialog({ id, name, open, onClose }: { id: string; name: string; open: boolean; onClose: () => void }): ReactNode {
  const navigate = useNavigate();
  const [value, setValue] = useState<unknown>({ args: [] });
  const { busy, error, submit } = useSubmit(async () => {
    const { args, kwargs } = (value ?? {}) as { args?: unknown[]; kwargs?: Record<string, never> };
    const { run } = await post("/api/signatures/{signature}/run", { signature: id }, { args: args ?? [], kwargs: kwargs ?? {} });
    void navigate(`/runs/${encodeURIComponent(run.id)}`);
  });
  const button = (
    <Button type="submit" kind="primary" icon="play" busy={busy}>
      Run
    </Button>
  );
  return (
    <Dialog open={open} onClose={onClose} title={`Run ${name}`} about="What its first task, or its graph, is given." width={560}>
      <DialogForm submit={submit} error={error} buttons={button}>
        <SchemaForm schema={INPUT_SCHEMA} value={value} onChange={setValue} />
      </DialogForm>
    </Dialog>
  );
}
