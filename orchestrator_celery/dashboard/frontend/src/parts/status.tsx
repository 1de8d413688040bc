/** A status has an icon, a word and a colour, so it reads without colour too. */
import type { ReactNode } from "react";
import { Icon, type IconName } from "./icons";

export type Status =
  | "PENDING"
  | "WAITING"
  | "QUEUED"
  | "RUNNING"
  | "SUSPENDED"
  | "INTERRUPTED"
  | "AWAITING"
  | "SUCCEEDED"
  | "FAILED"
  | "SKIPPED"
  | "CANCELLED"
  | "ACTIVE"
  | "MARKED_FOR_DELETION";

interface Look {
  icon: IconName;
  word: string;
  color: string;
  soft: string;
  means: string;
}

const look = (icon: IconName, word: string, color: string, soft: string, means: string): Look => ({
  icon,
  word,
  color: `var(--${color})`,
  soft: `var(--${soft}-soft)`,
  means,
});

export const STATUS: Record<Status, Look> = {
  PENDING: look("pending", "PENDING", "pending", "quiet", "Accepted; none of its tasks has started."),
  WAITING: look("pending", "WAITING", "pending", "quiet", "Waits for its turn."),
  QUEUED: look("queued", "QUEUED", "queued", "quiet", "Its message is at the broker."),
  RUNNING: look("running", "RUNNING", "running", "running", "A worker runs it now."),
  SUSPENDED: look("suspended", "SUSPENDED", "suspended", "suspended", "No further task starts until it is resumed."),
  INTERRUPTED: look("interrupted", "INTERRUPTED", "interrupted", "interrupted", "Stopped, and held back until it is resumed."),
  AWAITING: look("waiting", "AWAITING", "waiting", "waiting", "Waits for the answer of a person."),
  SUCCEEDED: look("succeeded", "SUCCEEDED", "succeeded", "succeeded", "Ended with a result."),
  FAILED: look("failed", "FAILED", "failed", "failed", "Ended with an error."),
  SKIPPED: look("skipped", "SKIPPED", "skipped", "quiet", "Never started: another branch was taken, or somebody took it out."),
  CANCELLED: look("cancelled", "CANCELLED", "cancelled", "quiet", "Stopped and deleted."),
  ACTIVE: look("succeeded", "ACTIVE", "succeeded", "succeeded", "Stored."),
  MARKED_FOR_DELETION: look("cancelled", "DELETED", "cancelled", "quiet", "Purged when its time has come and nothing of it runs."),
};

/** The look of a status; of an unknown one of a later release, a neutral look with its own word. */
export function statusLook(status: string): Look {
  return STATUS[status as Status] ?? look("pending", status, "pending", "quiet", "A status of a later release.");
}

export function StatusIcon({ status, size = 14 }: { status: string; size?: number }): ReactNode {
  const { icon, color, word } = statusLook(status);
  return (
    <span style={{ color }} className="inline-flex">
      <Icon name={icon} size={size} label={word} className={status === "RUNNING" ? "turning" : ""} />
    </span>
  );
}

export function StatusBadge({ status }: { status: string }): ReactNode {
  const { icon, word, color, soft, means } = statusLook(status);
  return (
    <span
      title={means}
      style={{ color, background: soft }}
      className="inline-flex items-center gap-[5px] rounded-[5px] py-[2px] pr-2 pl-[6px] text-[11px] leading-4 font-[620] tracking-[.02em] whitespace-nowrap print:border print:border-current"
    >
      <Icon name={icon} size={13} className={status === "RUNNING" ? "turning" : ""} />
      {word}
    </span>
  );
}
