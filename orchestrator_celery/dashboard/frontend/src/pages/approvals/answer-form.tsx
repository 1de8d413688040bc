/** The answer to approvals: a decision and a note. The first answer counts; a later one is told why it does not. */
import { useState, type ReactNode } from "react";
import { post, type Schemas } from "@/api/client";
import { queryClient, useSession } from "@/api/queries";
import { Button } from "@/parts/button";
import { FIELD } from "@/parts/dialog";
import { counted } from "@/parts/format";
import { Note } from "@/parts/states";
import { toast, toastError } from "@/parts/toast";

export type Approval = Schemas["ApprovalView"];

export function AnswerForm({ approvals, onDone, compact = false }: { approvals: Approval[]; onDone: () => void; compact?: boolean }): ReactNode {
  const may = useSession().data?.verbs ?? [];
  const [note, setNote] = useState("");
  const [busy, setBusy] = useState("");
  const [refused, setRefused] = useState<string[]>([]);
  const answer = async (decision: "approved" | "rejected"): Promise<void> => {
    setBusy(decision);
    setRefused([]);
    try {
      const answers = await post("/api/approvals", {}, { answers: approvals.map(({ run, node }) => ({ run, node, decision, note })) });
      const failed = answers.filter((each) => !each.done);
      setRefused(failed.map((each) => each.refusal ?? ""));
      const done = answers.length - failed.length;
      if (done) toast(`${done === 1 ? (approvals[0]?.name ?? "It") : counted(done, "approval")} ${decision}.`);
      setNote("");
    } catch (error) {
      toastError(error);
    } finally {
      setBusy("");
      void queryClient.invalidateQueries({ queryKey: ["approvals"] });
      onDone();
    }
  };
  const why = (verb: string): string | null => (may.includes(verb) ? null : `Your role does not allow to ${verb}.`);
  return (
    <div className={compact ? "flex flex-wrap items-center gap-2" : "my-2 flex flex-col gap-2 rounded-lg bg-waiting-soft p-3"}>
      {!compact && approvals[0]?.message ? <p className="m-0 whitespace-pre-wrap text-waiting [overflow-wrap:anywhere]">{approvals[0].message}</p> : null}
      <input aria-label="Note" placeholder="Note, kept with the answer" maxLength={2000} className={`${FIELD} ${compact ? "w-[320px] max-sm:w-full" : "w-full"}`} value={note} onChange={(event) => setNote(event.target.value)} />
      <div className="flex gap-2">
        <Button kind="primary" icon="check" busy={busy === "approved"} refusal={why("approve")} onClick={() => void answer("approved")}>
          Approve
        </Button>
        <Button kind="danger" icon="close" busy={busy === "rejected"} refusal={why("reject")} onClick={() => void answer("rejected")}>
          Reject
        </Button>
      </div>
      {refused.map((text) => (
        <Note key={text} tone="failed">
          {text}
        </Note>
      ))}
    </div>
  );
}
