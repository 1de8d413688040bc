/** The lines of one run: the newest first read, then what follows. Each line is there once, whatever is read twice. */
import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { get } from "@/api/client";
import { usePace } from "@/api/queries";
import { useTopic } from "@/api/stream";
import type { LogLine } from "@/parts/log-list";

/** Most lines that a tab keeps; the oldest leave first. */
export const KEPT = 20_000;

export type Level = "DEBUG" | "INFO" | "WARNING" | "ERROR" | "CRITICAL";

export interface LogQuestion {
  level?: Level | undefined;
  node?: string | undefined;
  search?: string | undefined;
}

/** Adds lines after those that are known; ids of a stream grow, so a line that comes again is seen. */
export function appended(lines: readonly LogLine[], more: readonly LogLine[]): LogLine[] {
  const last = lines.at(-1)?.id;
  const fresh = last === undefined ? more : more.filter((line) => isAfter(line.id, last));
  if (fresh.length === 0) return lines as LogLine[];
  const all = [...lines, ...fresh];
  return all.length > KEPT ? all.slice(-KEPT) : all;
}

export function isAfter(id: string, other: string): boolean {
  const [time = "0", count = "0"] = id.split("-");
  const [otherTime = "0", otherCount = "0"] = other.split("-");
  const by = Number(time) - Number(otherTime);
  return by > 0 || (by === 0 && Number(count) > Number(otherCount));
}

export function useLogs(run: string, question: LogQuestion, live: boolean): { lines: LogLine[]; pending: boolean; error: unknown; retry: () => void } {
  const [lines, setLines] = useState<LogLine[]>([]);
  const after = useRef("");
  const busy = useRef(false);
  const pace = usePace(1000);
  const key = JSON.stringify([run, question]);
  const first = useQuery({
    queryKey: ["logs", run, question],
    queryFn: ({ signal }) => get("/api/runs/{run}/logs", { run }, { ...question, tail: true, limit: 1000 }, signal),
    refetchOnWindowFocus: false,
    gcTime: 0,
  });
  useEffect(() => {
    if (!first.data) return;
    after.current = first.data.after ?? "0";
    setLines(first.data.lines);
  }, [first.data]);
  const more = useCallback(async () => {
    if (busy.current || !after.current || !live) return;
    busy.current = true;
    try {
      const page = await get("/api/runs/{run}/logs", { run }, { ...question, after: after.current, limit: 1000 });
      if (page.after) after.current = page.after;
      if (page.lines.length) setLines((before) => appended(before, page.lines));
    } catch {
      // The banner tells that the server is away; the next call reads on from the same place.
    } finally {
      busy.current = false;
    }
    // The question is part of the key.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [key, live]);
  useTopic(live ? `logs:${run}` : "", more, 250);
  useEffect(() => {
    if (!live || pace === false) return;
    const timer = setInterval(() => void more(), pace);
    return () => clearInterval(timer);
  }, [more, live, pace]);
  return { lines, pending: first.isPending, error: first.error, retry: () => void first.refetch() };
}
