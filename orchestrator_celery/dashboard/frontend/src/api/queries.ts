/** What pages read, and how it stays fresh: by the stream where there is one, else by asking now and then. */
import { QueryClient, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useCallback } from "react";
import { get, sayLoggedOut, type Schemas } from "./client";
import { ApiError } from "./problem";
import { useConnection, useTopic } from "./stream";

export type RunView = Schemas["RunView"];
export type NodeView = Schemas["NodeView"];
export type RunDetail = Schemas["RunDetail"];

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      // A refusal stays a refusal; what is away is asked for again.
      retry: (count, error) => count < 2 && !(error instanceof ApiError && error.problem.status < 500),
      staleTime: 1000,
      refetchOnWindowFocus: true,
    },
  },
});

/** Milliseconds between two readings where the stream does not tell; false while it does, and while nobody is logged in. */
export function usePace(milliseconds: number): number | false {
  const connection = useConnection();
  return connection === "live" || connection === "ended" ? false : milliseconds;
}

/** Reads a key again when something of a topic changed. */
export function useFresh(topic: string, key: readonly unknown[], every = 400): void {
  const client = useQueryClient();
  const text = JSON.stringify(key);
  const refresh = useCallback(() => void client.invalidateQueries({ queryKey: JSON.parse(text) as unknown[] }), [client, text]);
  useTopic(topic, refresh, every);
}

export const ENDED = new Set(["SUCCEEDED", "FAILED", "CANCELLED"]);

export function useRun(id: string): UseQueryResult<RunDetail> {
  const pace = usePace(1500);
  useFresh(`run:${id}`, ["run", id]);
  return useQuery({
    queryKey: ["run", id, "detail"],
    queryFn: ({ signal }) => get("/api/runs/{run}", { run: id }, {}, signal),
    refetchInterval: ({ state }) => (state.data && ENDED.has(state.data.run.status) ? pace && 15_000 : pace),
  });
}

export function useSession(): UseQueryResult<Schemas["SessionView"]> {
  return useQuery({ queryKey: ["session"], queryFn: ({ signal }) => readSession(signal), staleTime: 300_000 });
}

/** A session that has ended stays what the page shows: the dialog comes over it, and a half-filled form is not lost. */
async function readSession(signal: AbortSignal): Promise<Schemas["SessionView"]> {
  const session = await get("/api/session", {}, {}, signal);
  const known = queryClient.getQueryData<Schemas["SessionView"]>(["session"]);
  if (session.actor || !known?.actor) return session;
  sayLoggedOut();
  return known;
}
