/** The lines of the page Logs: the tails of the newest runs, or what a search finds in all runs. */
import { keepPreviousData, useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useRef, useState } from "react";
import { get } from "@/api/client";
import { useFresh } from "@/api/queries";
import { KEPT, type LogQuestion } from "@/pages/run/use-logs";
import type { LogLine } from "@/parts/log-list";
import { merged } from "./merge";

/** Runs whose lines are followed at once: the newest that match. */
const FOLLOWED = 12;
/** Lines that a search shows at first, and at most. */
const FIRST = 500;
const MOST = 5000;

export function useLive(filter: string, question: LogQuestion, paused: boolean, enabled: boolean): { lines: LogLine[]; pending: boolean; runs: number } {
  useFresh(enabled ? "runs" : "", ["logs", "followed"], 2000);
  const runs = useQuery({
    queryKey: ["logs", "followed", filter],
    queryFn: ({ signal }) => get("/api/runs", {}, { filter, limit: FOLLOWED }, signal),
    refetchInterval: paused ? false : 3000,
    enabled,
  });
  const tails = useQueries({
    queries: (enabled ? (runs.data?.runs ?? []) : []).map((run) => ({
      queryKey: ["logs", "tail", run.id, question],
      queryFn: ({ signal }: { signal: AbortSignal }) => get("/api/runs/{run}/logs", { run: run.id }, { ...question, tail: true, limit: 500 }, signal),
      refetchInterval: paused || run.finished ? (false as const) : 1500,
      staleTime: run.finished ? 60_000 : 1000,
    })),
    combine: (answers) => ({ pending: answers.some(({ isPending }) => isPending), pages: answers.map(({ data }) => data?.lines) }),
  });
  const known = useRef<{ key: string; lines: LogLine[] }>({ key: "", lines: [] });
  const text = JSON.stringify([filter, question]);
  const lines = useMemo(() => {
    const before = known.current.key === text ? known.current.lines : [];
    const next = merged(
      before,
      tails.pages.flatMap((page) => page ?? []),
      KEPT,
    );
    known.current = { key: text, lines: next };
    return next;
  }, [tails.pages, text]);
  return { lines, pending: runs.isPending || tails.pending, runs: runs.data?.runs.length ?? 0 };
}

interface Found {
  lines: LogLine[];
  pending: boolean;
  busy: boolean;
  error: unknown;
  /** Why lines may be missing. */
  incomplete: string;
  more: boolean;
  older: () => void;
}

export function useEverywhere(filter: string, question: LogQuestion, paused: boolean, enabled: boolean): Found {
  const text = JSON.stringify([filter, question]);
  const [asked, setAsked] = useState({ text, limit: FIRST });
  const limit = asked.text === text ? asked.limit : FIRST;
  // A search brings its index up to date, so it is not repeated with each line.
  useFresh(enabled && !paused ? "runs" : "", ["logs", "everywhere"], 5000);
  const found = useQuery({
    queryKey: ["logs", "everywhere", text, limit],
    queryFn: ({ signal }) => get("/api/logs", {}, { filter, ...question, limit }, signal),
    enabled,
    placeholderData: keepPreviousData,
  });
  const lines = useMemo(() => (found.error ? [] : (found.data?.lines ?? []).toReversed()), [found.data, found.error]);
  return {
    lines,
    pending: found.isPending,
    busy: found.isFetching,
    error: found.error,
    incomplete: found.data?.incomplete ?? "",
    more: Boolean(found.data?.more) && limit < MOST,
    older: () => setAsked({ text, limit: Math.min(MOST, limit * 3) }),
  };
}
