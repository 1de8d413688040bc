/** RFC 9457 problem documents, and what to say where none came. */

export interface Problem {
  title: string;
  detail: string;
  status: number;
  /** Name of the error's class, such as `RunNotFound`. */
  error: string;
}

export class ApiError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail || problem.title);
    this.name = "ApiError";
  }
}

const TITLES: Record<number, string> = {
  0: "The server does not answer",
  401: "Your session has ended",
  403: "Your role does not allow this",
  404: "This does not exist, or no longer",
  409: "The state does not allow this",
  422: "The input is not valid",
  429: "Too many attempts",
  503: "The store does not answer",
};

/** Reads a refused answer, whatever it holds. */
export async function readProblem(response: Response): Promise<Problem> {
  const title = TITLES[response.status] ?? `The server answered ${response.status}`;
  try {
    const body = (await response.json()) as Record<string, unknown>;
    const type = typeof body["type"] === "string" ? body["type"] : "";
    return {
      title: typeof body["title"] === "string" && body["title"] ? body["title"] : title,
      detail: detailOf(body["detail"]),
      status: response.status,
      error: typeof body["error"] === "string" ? body["error"] : (type.split(/[#/:]/).at(-1) ?? ""),
    };
  } catch {
    return { title, detail: response.statusText, status: response.status, error: "" };
  }
}

function detailOf(detail: unknown): string {
  if (typeof detail === "string") return detail;
  if (!Array.isArray(detail)) return "";
  return detail
    .map((part: { loc?: unknown[]; msg?: string }) => `${(part.loc ?? []).slice(1).join(".")}: ${part.msg ?? ""}`)
    .join("; ");
}

export function problemOf(error: unknown): Problem {
  if (error instanceof ApiError) return error.problem;
  if (error instanceof TypeError)
    return { title: TITLES[0] ?? "", detail: "Check that it runs and that you are connected. The page tries again by itself.", status: 0, error: "" };
  return { title: "This page failed", detail: error instanceof Error ? error.message : String(error), status: -1, error: "" };
}
