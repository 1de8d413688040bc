/** The verbs of a run. What its status or the viewer's role does not allow stays visible, greyed, with the reason. */
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { get, post, type Schemas } from "@/api/client";
import { queryClient, useSession, type RunDetail } from "@/api/queries";
import { Button } from "@/parts/button";
import { Confirm, Dialog, Menu } from "@/parts/dialog";
import { bytes, counted, exact } from "@/parts/format";
import type { IconName } from "@/parts/icons";
import { ErrorState, Note, Skeleton } from "@/parts/states";
import { toast, toastError } from "@/parts/toast";

type Report = Schemas["InterruptReport"];
type Plain = "suspend" | "resume" | "retry" | "rerun" | "interrupt";

const LOOK: Record<Plain, { word: string; icon: IconName; done: string }> = {
  suspend: { word: "Suspend", icon: "suspended", done: "Suspended: nothing more starts." },
  resume: { word: "Resume", icon: "play", done: "Resumed." },
  retry: { word: "Retry", icon: "retry", done: "It goes on from the failed tasks." },
  rerun: { word: "Rerun", icon: "retry", done: "Started again as a new run." },
  interrupt: { word: "Interrupt", icon: "interrupted", done: "Interrupted." },
};

/** Reads again what a verb may have changed. */
export function refreshRun(run: string): void {
  void queryClient.invalidateQueries({ queryKey: ["run", run] });
  void queryClient.invalidateQueries({ queryKey: ["runs"] });
  void queryClient.invalidateQueries({ queryKey: ["approvals"] });
}

export function RunVerbs({ detail }: { detail: RunDetail }): ReactNode {
  const id = detail.run.id;
  const navigate = useNavigate();
  const may = useSession().data?.verbs ?? [];
  const [busy, setBusy] = useState("");
  const [asking, setAsking] = useState(false);
  const [report, setReport] = useState<Report | null>(null);
  const why = (verb: string): string | null => {
    if (!may.includes(verb)) return `Your role does not allow to ${verb}.`;
    const choice = detail.verbs.find((each) => each.verb === verb);
    return choice?.allowed ? null : (choice?.refusal ?? `The status ${detail.run.status} does not allow this.`);
  };
  const call = async (verb: Plain): Promise<void> => {
    setBusy(verb);
    try {
      const done = await send(verb, id);
      const made = done.made;
      const audit = { label: "Audit", run: () => void navigate(`/audit?run=${encodeURIComponent(id)}`) };
      const undo = verb === "suspend" || verb === "interrupt" ? { label: "Undo", run: () => void call("resume") } : audit;
      toast(LOOK[verb].done, { action: made ? { label: "Open", run: () => void navigate(`/runs/${encodeURIComponent(made)}`) } : undo });
      if (done.report?.tasks?.length) setReport(done.report);
    } catch (error) {
      toastError(error);
    } finally {
      setBusy("");
      refreshRun(id);
    }
  };
  const held = detail.run.status === "SUSPENDED" || detail.run.status === "INTERRUPTED";
  const shown: Plain[] = [held ? "resume" : "suspend", "interrupt", "retry"];
  return (
    <>
      {shown.map((verb) => (
        <Button key={verb} icon={LOOK[verb].icon} busy={busy === verb} refusal={why(verb)} kind={verb === "resume" && !why(verb) ? "primary" : "plain"} className="max-sm:hidden" onClick={() => void call(verb)}>
          {LOOK[verb].word}
        </Button>
      ))}
      <Menu
        label="Verbs"
        trigger={<Button icon="more" aria-label="More verbs" />}
        items={[
          ...(["suspend", "resume", "interrupt", "retry", "rerun"] as const).map((verb) => ({ label: LOOK[verb].word, icon: LOOK[verb].icon, refusal: why(verb), onSelect: () => void call(verb) })),
          "line",
          { label: "Who did what", icon: "audit", onSelect: () => void navigate(`/audit?run=${encodeURIComponent(id)}`) },
          { label: "Cancel and delete…", icon: "cancelled", danger: true, refusal: why("cancel"), onSelect: () => setAsking(true) },
        ]}
      />
      {asking ? <CancelDialog detail={detail} onClose={() => setAsking(false)} /> : null}
      <ReportDialog report={report} onClose={() => setReport(null)} />
    </>
  );
}

function send(verb: Plain, run: string): Promise<Schemas["VerbDone"]> {
  if (verb === "interrupt") return post("/api/runs/{run}/interrupt", { run }, { signal: "SIGTERM", grace: 10 });
  if (verb === "retry") return post("/api/runs/{run}/retry", { run }, {});
  if (verb === "rerun") return post("/api/runs/{run}/rerun", { run }, {});
  return verb === "suspend" ? post("/api/runs/{run}/suspend", { run }) : post("/api/runs/{run}/resume", { run });
}

function CancelDialog({ detail, onClose }: { detail: RunDetail; onClose: () => void }): ReactNode {
  const { id, name } = detail.run;
  const navigate = useNavigate();
  const plan = useQuery({ queryKey: ["cancel-plan", id], queryFn: ({ signal }) => get("/api/runs/{run}/cancel-plan", { run: id }, {}, signal), staleTime: 0, gcTime: 0, retry: false });
  const data = plan.data;
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Cancel ${name || id}?`}
      about="Cancelling stops the run and deletes all its data. It cannot be undone."
      verb="Cancel and delete"
      danger
      reason
      ready={Boolean(data)}
      typed={(name || id).slice(0, 60)}
      onConfirm={async (reason) => {
        try {
          await post("/api/runs/{run}/cancel", { run: id }, { confirm: data?.token ?? "", reason });
        } catch (error) {
          void plan.refetch();
          throw error;
        }
        toast(`${name || id} is cancelled and deleted.`, { action: { label: "Audit", run: () => void navigate(`/audit?run=${encodeURIComponent(id)}`) } });
        void navigate("/runs");
        // Nothing of it is there to be read again.
        queryClient.removeQueries({ queryKey: ["run", id] });
        void queryClient.invalidateQueries({ queryKey: ["runs"] });
        void queryClient.invalidateQueries({ queryKey: ["approvals"] });
      }}
    >
      {plan.error ? (
        <ErrorState error={plan.error} />
      ) : data ? (
        <Note tone="failed">
          Stops {exact(data.running)} running and {counted(data.queued, "queued task")}. Deletes {counted(data.keys, "key")} ({bytes(data.bytes)}): {counted(data.done, "result")} and {counted(data.failed, "error")} of{" "}
          {counted(data.total, "task")}
          {data.runs?.length ? `, and ${counted(data.runs.length, "inner run")}` : ""}.
        </Note>
      ) : (
        <Skeleton rows={1} />
      )}
    </Confirm>
  );
}

function ReportDialog({ report, onClose }: { report: Report | null; onClose: () => void }): ReactNode {
  return (
    <Dialog open={report !== null} onClose={onClose} title="What happened to each running task" width={560}>
      <ul className="m-0 list-none overflow-y-auto px-4 pb-4">
        {report?.tasks?.map((task) => (
          <li key={`${task.run}${task.node}${task.attempt}`} className="flex items-center gap-3 border-b border-line py-[6px] last:border-0">
            <code className="min-w-0 flex-1 truncate">{task.task}</code>
            <code className="text-faint">{task.node}</code>
            <b className={`font-[560] ${task.outcome === "unreachable" || task.outcome === "unsupported" ? "text-failed" : ""}`}>{task.outcome.replaceAll("_", " ")}</b>
            {task.checkpoint ? <span className="text-sm text-muted">has a checkpoint</span> : null}
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
