import { render, screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState, type ReactNode } from "react";
import { describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/problem";
import { Confirm } from "./dialog";
import { FilterBar } from "./filter-bar";
import { RUN_FIELDS } from "./filter-language";
import { JsonView } from "./json-view";
import { marked, searchWords } from "./log-list";
import { Bar } from "./progress";
import { ErrorState } from "./states";
import { StatusBadge } from "./status";
import { Table } from "./table";

const HOSTILE = '<img src=x onerror="alert(1)">';

it("shows an unknown status with its own word", () => {
  render(<StatusBadge status="FROM_THE_FUTURE" />);
  expect(screen.getByText("FROM_THE_FUTURE")).toBeTruthy();
});

it("never makes elements of text of users", () => {
  const { container } = render(
    <>
      <JsonView value={{ [HOSTILE]: HOSTILE }} />
      <ErrorState error={new ApiError({ title: HOSTILE, detail: HOSTILE, status: 400, error: "" })} />
      <p>{marked(HOSTILE, ["onerror"])}</p>
    </>,
  );
  expect(container.querySelector("img")).toBeNull();
  expect(container.querySelector("mark")?.textContent).toBe("onerror");
});

it("keeps a single failure among 100,000 visible", () => {
  const { container } = render(<Bar counts={{ total: 100_000, done: 99_999, failed: 1 }} />);
  expect(container.querySelectorAll("i")).toHaveLength(2);
  expect(container.querySelectorAll("i")[1]?.style.minWidth).toBe("2px");
});

it("opens large arrays in steps", async () => {
  render(<JsonView value={Array.from({ length: 1500 }, (_, index) => index)} />);
  await userEvent.click(screen.getByText("[ 1,500 elements ]"));
  expect(screen.queryByText("99:", { exact: false })).toBeTruthy();
  expect(screen.queryByText("100:", { exact: false })).toBeNull();
});

it("highlights words and phrases, not operators", () => {
  expect(searchWords('printer* AND "does not" OR x')).toEqual(["printer", "does not"]);
});

describe("Table", () => {
  const rows = ["a", "b", "c", "d"].map((id) => ({ id }));
  function Selecting({ onOpen }: { onOpen: (row: { id: string }) => void }): ReactNode {
    const [selected, setSelected] = useState<Set<string>>(new Set());
    return (
      <>
        <output>{[...selected].join(",")}</output>
        <Table label="Rows" rows={rows} columns={[{ key: "id", title: "Id", cell: (row) => row.id }]} id={(row) => row.id} selected={selected} onSelect={setSelected} onOpen={onOpen} />
      </>
    );
  }

  it("moves with j and k, selects with x and a range with shift, opens with Enter", async () => {
    const onOpen = vi.fn();
    const user = userEvent.setup();
    render(<Selecting onOpen={onOpen} />);
    const [first] = within(screen.getByRole("table")).getAllByRole("row").slice(1);
    first?.focus();
    await user.keyboard("jx{Enter}");
    expect(screen.getByRole("status").textContent).toBe("b");
    expect(onOpen).toHaveBeenCalledWith({ id: "b" });
    await user.keyboard("{Shift>}");
    await user.click(screen.getByLabelText("Select d"));
    await user.keyboard("{/Shift}");
    expect(screen.getByRole("status").textContent).toBe("b,c,d");
  });
});

describe("FilterBar", () => {
  function Bar(): ReactNode {
    const [value, setValue] = useState("");
    return (
      <>
        <output>{value}</output>
        <FilterBar value={value} onChange={setValue} fields={RUN_FIELDS} />
      </>
    );
  }

  it("completes by keyboard and makes chips; Backspace takes the last one back", async () => {
    const user = userEvent.setup();
    render(<Bar />);
    await user.click(screen.getByRole("combobox"));
    await user.keyboard("sta{Tab}FAI{ArrowDown}{Enter}invoice{Enter}");
    expect(screen.getByRole("status").textContent).toBe("status:FAILED invoice");
    await user.keyboard("{Backspace}");
    expect(screen.getByRole("status").textContent).toBe("status:FAILED");
    expect(screen.getByRole<HTMLInputElement>("combobox").value).toBe("invoice");
  });
});

describe("Confirm", () => {
  it("wants the name typed, and keeps the dialog open with the reason when it is refused", async () => {
    const user = userEvent.setup();
    const onConfirm = vi.fn(() => Promise.reject(new ApiError({ title: "The plan has changed", detail: "Look again.", status: 409, error: "" })));
    const onClose = vi.fn();
    render(<Confirm open onClose={onClose} title="Cancel?" verb="Cancel the run" typed="order 1" danger onConfirm={onConfirm} />);
    const button = screen.getByRole<HTMLButtonElement>("button", { name: "Cancel the run" });
    expect(button.disabled).toBe(true);
    await user.type(screen.getByRole("textbox"), "order 1");
    await user.click(button);
    expect(await screen.findByText(/Look again/)).toBeTruthy();
    expect(onConfirm).toHaveBeenCalledTimes(1);
    expect(onClose).not.toHaveBeenCalled();
  });
});
