/** The typed client: paths, parameters and answers come from the published OpenAPI document. */
import { ApiError, readProblem } from "./problem";
import type { components, paths } from "./schema";
import { setServerTime } from "@/parts/time";

export type Schemas = components["schemas"];

type Json<T> = T extends { content: { "application/json": infer Body } } ? Body : undefined;
type Ok<Operation> = Operation extends { responses: infer Responses }
  ? Responses extends { 200: infer Answer }
    ? Json<Answer>
    : undefined
  : never;
type QueryOf<Operation> = Operation extends { parameters: { query?: infer Query } } ? Query : undefined;
type BodyOf<Operation> = Operation extends { requestBody: { content: { "application/json": infer Body } } } ? Body : undefined;

type GetPath = { [Path in keyof paths]: paths[Path] extends { get: object } ? Path : never }[keyof paths];
type PostPath = { [Path in keyof paths]: paths[Path] extends { post: object } ? Path : never }[keyof paths];

/** The path under which the dashboard is mounted, without a slash at its end: the server writes it into the page. */
export const BASE = new URL(document.baseURI).pathname.replace(/\/[^/]*$/, "");

let csrf: string | null = null;
let actor: string | null = null;
let onLoggedOut = (): void => undefined;

/** Who acts from now on, and the token that their session needs for everything that changes something. */
export function setActor(session: { actor: string | null; csrf: string | null } | undefined): void {
  csrf = session?.csrf ?? null;
  actor = session?.actor ?? null;
}

/** Calls a function when the server says that nobody is logged in any more. */
export function whenLoggedOut(call: () => void): void {
  onLoggedOut = call;
}

/** Says that nobody is logged in any more. */
export function sayLoggedOut(): void {
  onLoggedOut();
}

type Values = Record<string, string | number | boolean | null | undefined>;

/** The address of an operation, with its parameters filled in. */
export function address(path: string, names: Record<string, string> = {}, query: Values = {}): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(names[name] ?? ""));
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== null && value !== undefined && value !== "") search.set(key, String(value));
  const text = search.toString();
  return `${BASE}${filled}${text ? `?${text}` : ""}`;
}

function ask(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
  return fetch(url, {
    method,
    headers,
    credentials: "same-origin",
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    ...(signal ? { signal } : {}),
  });
}

/** Takes over the session that another tab of the same person has begun; false if there is none. */
async function renewed(): Promise<boolean> {
  const answer = await ask("GET", address("/api/session"));
  const session = answer.ok ? ((await answer.json()) as Schemas["SessionView"]) : null;
  if (!session?.csrf || session.csrf === csrf || session.actor !== actor) return false;
  setActor(session);
  return true;
}

export async function send(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<unknown> {
  let response = await ask(method, url, body, signal);
  // The session ended and somebody logged in again in another tab: the token of this page is the old one.
  if (response.status === 403 && method !== "GET" && (await response.clone().text()).includes("X-CSRF-Token") && (await renewed())) response = await ask(method, url, body, signal);
  const date = response.headers.get("date");
  if (date) setServerTime(Date.parse(date) + 500);
  if (response.ok) return response.status === 204 ? undefined : response.json();
  const problem = await readProblem(response);
  if (response.status === 401 && !url.endsWith("/api/session")) onLoggedOut();
  throw new ApiError(problem);
}

export function get<Path extends GetPath>(
  path: Path,
  names: Record<string, string> = {},
  query: QueryOf<paths[Path]["get"]> | Record<string, never> = {},
  signal?: AbortSignal,
): Promise<Ok<paths[Path]["get"]>> {
  return send("GET", address(path, names, query as Values), undefined, signal) as Promise<Ok<paths[Path]["get"]>>;
}

export function post<Path extends PostPath>(path: Path, names: Record<string, string> = {}, body?: BodyOf<paths[Path]["post"]>): Promise<Ok<paths[Path]["post"]>> {
  return send("POST", address(path, names), body ?? {}) as Promise<Ok<paths[Path]["post"]>>;
}

export function logOut(): Promise<unknown> {
  return send("DELETE", address("/api/session"));
}
