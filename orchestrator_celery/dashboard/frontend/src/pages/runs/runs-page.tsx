/** All runs: filter, views, paging by cursor, selection, verbs on a selection or on a filter. Everything is in the URL. */
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useMemo, useState, type ReactNode } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { get } from "@/api/client";
import { ApiError } from "@/api/problem";
import { usePace, type RunView } from "@/api/queries";
import { useTopic } from "@/api/stream";
import { PageHead } from "@/pages/shell/page-head";
import { read, write } from "@/pages/shell/theme";
import { Button } from "@/parts/button";
import { Menu } from "@/parts/dialog";
import { FilterBar } from "@/parts/filter-bar";
import { RUN_FIELDS } from "@/parts/filter-language";
import { Icon } from "@/parts/icons";
import { counted, exact } from "@/parts/format";
import { Card, Empty, ErrorState, Skeleton } from "@/parts/states";
import { Table } from "@/parts/table";
import { BulkBar } from "./bulk-bar";
import { RUN_COLUMNS, type RunColumn } from "./columns";
import { Views } from "./views";

const PAGE = 50;
const COLUMNS_KEY = "orchestrator.runs.columns";

export default function RunsPage(): ReactNode {
  const [place, setPlace] = useSearchParams();
  const filter = place.get("filter") ?? "";
  const [selected, setSelected] = useState<Set<string>>(new Set());
  const [own, setOwn] = useState<Set<string>>(() => new Set((read(COLUMNS_KEY) ?? "category").split(",")));
  // The columns of a view stand in the address; without a view those count that the reader chose last.
  const chosen = place.get("columns");
  const hidden = useMemo(() => (chosen === null ? own : hiddenBeside(chosen.split(","))), [chosen, own]);
  const navigate = useNavigate();
  const setParams = (changes: Record<string, string>): void => {
    setPlace((before) => {
      const params = new URLSearchParams(before);
      for (const [key, value] of Object.entries(changes)) {
        if (value) params.set(key, value);
        else params.delete(key);
      }
      return params;
    });
  };
  const setFilter = (next: string): void => {
    setSelected(new Set());
    setParams({ filter: next });
  };
  const { runs, list, waiting, showNew, total, fresh } = useRuns(filter);
  const known = useKnownValues(runs);
  const refusal = list.error instanceof ApiError && list.error.problem.status < 500 ? list.error.problem.detail : undefined;
  const columns = RUN_COLUMNS.filter(({ key }) => !hidden.has(key));
  const open = useCallback((run: RunView) => void navigate(`/runs/${encodeURIComponent(run.id)}`), [navigate]);

  return (
    <>
      <PageHead title="Runs" about={total === null ? null : filter ? `${total} match` : `${total} in all`}>
        <ColumnsMenu
          hidden={hidden}
          onChange={(next) => {
            if (chosen !== null) return setParams({ columns: shownBeside(next).join(",") });
            setOwn(next);
            write(COLUMNS_KEY, [...next].join(","));
          }}
        />
        <Button kind="primary" icon="play" onClick={() => void navigate("/tasks")}>
          Run something…
        </Button>
      </PageHead>
      <div className="mb-[10px] flex items-start gap-2">
        <FilterBar value={filter} onChange={setFilter} fields={RUN_FIELDS} known={known} error={refusal} label="Filter runs" />
      </div>
      <Views
        filter={filter}
        columns={chosen}
        shown={shownBeside(hidden)}
        onChange={(next, columns) => {
          setSelected(new Set());
          setParams({ filter: next, columns });
        }}
      />
      <Card className="overflow-hidden">
        {list.isPending ? (
          <Skeleton rows={10} />
        ) : list.error && !list.data ? (
          refusal ? <Empty icon="search" title="The filter is not understood" /> : <ErrorState error={list.error} retry={() => void list.refetch()} />
        ) : (
          <Table
            label="Runs"
            rows={runs}
            columns={columns}
            id={(run) => run.id}
            selected={selected}
            onSelect={setSelected}
            onOpen={open}
            dim={list.isPlaceholderData}
            empty={<NoRuns filter={filter} onClear={() => setFilter("")} />}
          />
        )}
      </Card>
      <footer className="sticky bottom-0 z-10 -mx-1 mt-[6px] flex bg-bg px-1 py-1 min-h-[30px] flex-wrap items-center gap-2">
        <BulkBar selected={selected} filter={filter} total={total} onDone={() => setSelected(new Set())} />
        <span className="flex-1" />
        {list.hasNextPage ? (
          <Button busy={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Older
          </Button>
        ) : runs.length ? (
          <span className="text-sm text-faint">{counted(runs.length, "run")}, the oldest last</span>
        ) : null}
        {waiting ? (
          <Button icon="arrowUp" onClick={showNew}>
            {exact(waiting)} new
          </Button>
        ) : null}
        <span className="sr-only" role="status">
          {fresh}
        </span>
      </footer>
    </>
  );
}

/** The rows: they change in place and never move under the pointer; new ones wait until somebody asks for them. */
function useRuns(filter: string) {
  const pace = usePace(2500);
  const list = useInfiniteQuery({
    queryKey: ["runs", filter],
    queryFn: ({ signal, pageParam }) => get("/api/runs", {}, { filter, limit: PAGE, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: "",
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const newest = useQuery({
    queryKey: ["runs", filter, "newest"],
    queryFn: ({ signal }) => get("/api/runs", {}, { filter, limit: PAGE }, signal),
    refetchInterval: pace,
    enabled: list.isSuccess,
  });
  const counts = useQuery({ queryKey: ["counts", filter], queryFn: ({ signal }) => get("/api/runs/counts", {}, { filter }, signal), refetchInterval: pace });
  const { refetch } = newest;
  const { refetch: count } = counts;
  useTopic("runs", useCallback(() => void refetch(), [refetch]), 500);
  // Counting may read ten thousand runs.
  useTopic("runs", useCallback(() => void count(), [count]), 3000);
  const shown = useMemo(() => {
    const now = new Map(newest.data?.runs.map((run) => [run.id, run]));
    const seen = new Set<string>();
    return (list.data?.pages ?? [])
      .flatMap((page) => page.runs)
      // Pages are read at different times, so a run may be in two of them.
      .filter((run) => !seen.has(run.id) && seen.add(run.id))
      .map((run) => now.get(run.id) ?? run);
  }, [list.data, newest.data]);
  const ids = useMemo(() => new Set(shown.map((run) => run.id)), [shown]);
  const first = shown[0]?.created ?? "";
  const waiting = (newest.data?.runs ?? []).filter((run) => !ids.has(run.id) && run.created >= first).length;
  const text = counts.data ? `${counts.data.exact ? "" : "more than "}${exact(counts.data.total)}` : null;
  return { runs: shown, list, waiting, showNew: () => void list.refetch(), total: text, fresh: waiting ? `${waiting} new runs` : "" };
}

function useKnownValues(runs: RunView[]): (field: string) => readonly string[] {
  const tasks = useQuery({ queryKey: ["tasks"], queryFn: ({ signal }) => get("/api/tasks", {}, {}, signal), staleTime: 60_000 }).data;
  const workers = useQuery({ queryKey: ["workers"], queryFn: ({ signal }) => get("/api/workers", {}, {}, signal), staleTime: 10_000 }).data;
  return useCallback(
    (field: string) => {
      const some = (values: (string | null | undefined)[]): string[] => [...new Set(values.filter((value): value is string => Boolean(value)))];
      if (field === "task") return some([...(tasks ?? []).map(({ name }) => name), ...runs.flatMap((run) => run.tasks ?? [])]);
      if (field === "tag") return some(runs.flatMap((run) => run.tags ?? []));
      if (field === "category") return some(runs.map((run) => run.category));
      if (field === "name") return some(runs.map((run) => run.name));
      if (field === "worker") return some((workers ?? []).map(({ name }) => name));
      return [];
    },
    [tasks, workers, runs],
  );
}

/** The keys of the columns that are shown beside hidden ones, and the other way round. */
function shownBeside(hidden: ReadonlySet<string>): string[] {
  return RUN_COLUMNS.map(({ key }) => key).filter((key) => !hidden.has(key));
}

function hiddenBeside(shown: readonly string[]): Set<string> {
  return new Set(RUN_COLUMNS.filter(({ key, fixed }) => !fixed && !shown.includes(key)).map(({ key }) => key));
}

function ColumnsMenu({ hidden, onChange }: { hidden: Set<string>; onChange: (hidden: Set<string>) => void }): ReactNode {
  return (
    <Menu
      label="Columns"
      trigger={
        <Button icon="columns" className="max-sm:hidden">
          Columns
        </Button>
      }
      items={RUN_COLUMNS.filter(({ fixed }: RunColumn) => !fixed).map(({ key, title }) => ({
        label: title,
        checked: !hidden.has(key),
        keepOpen: true,
        onSelect: () => {
          const next = new Set(hidden);
          if (!next.delete(key)) next.add(key);
          onChange(next);
        },
      }))}
    />
  );
}

function NoRuns({ filter, onClear }: { filter: string; onClear: () => void }): ReactNode {
  return filter ? (
    <Empty icon="search" title="No run matches">
      <Button className="mt-2" onClick={onClear}>
        <Icon name="close" /> Clear the filter
      </Button>
    </Empty>
  ) : (
    <Empty icon="runs" title="No run yet">
      Every <code>Swarm</code>, <code>ConditionalGraph</code> and <code>ComplexSignature</code> that is applied stands here, newest first. Start one with <code>.apply_async()</code>, or run a task from the
      page Tasks.
    </Empty>
  );
}
