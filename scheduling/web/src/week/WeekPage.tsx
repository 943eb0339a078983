import { SegmentedControl } from "@mantine/core";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { IconCloudOff } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { Schedule } from "../api/types";
import { Repeating } from "../bulk/Repeating";
import { type Desk, DeskContext } from "../grid/desk";
import { type Grid, shiftOf } from "../grid/grid";
import { useWeek, type Week } from "../grid/use-week";
import { PresenceWatch } from "../live/presence";
import { useLocations } from "../live/queries";
import { CardActionsProvider } from "../plan/cards/CardActions";
import { KeysDialog } from "../plan/KeysDialog";
import { Toasts } from "../plan/toasts";
import { type Aim, cardOf } from "../plan/use-grid-focus";
import { usePlan } from "../plan/use-plan";
import { WeekContext } from "../plan/use-quick-entry";
import { useSignedIn } from "../session/signed-in";
import { type Lost, useLost } from "../shift/unsent";
import { useNow } from "../time/use-now";
import { type Day, weekOf } from "../time/week";
import { monthTitle, weekLabel, weekTitle } from "../time/words";
import { today as todayIn, zonesOf } from "../time/zone";
import { Arriving } from "../ui/Arriving";
import { Failure } from "../ui/Failure";
import { Notice } from "../ui/Notice";
import { soon, useMet } from "../ui/soon";
import { useOpening } from "../ui/use-opening";
import { Agenda } from "./Agenda";
import { EmptyWeek } from "./EmptyWeek";
import { NearWeeks } from "./NearWeeks";
import { PrintSheet } from "./PrintSheet";
import { WeekFoot } from "./WeekFoot";
import { type Finding, WeekGrid } from "./WeekGrid";
import { WeekNews } from "./WeekNews";
import classes from "./WeekPage.module.css";
import { WeekSkeleton } from "./WeekSkeleton";
import { WeekToolbar } from "./WeekToolbar";
import { dayShown, type Place, placeAt, placeOf, type WeekSearch } from "./week-search";

const NotSaved = soon(() => import("./NotSaved").then((module) => module.NotSaved));
const DayView = soon(() => import("./day/DayView").then((module) => module.DayView));
const MonthView = soon(() => import("./month/MonthView").then((module) => module.MonthView));
const ShiftPanel = soon(() => import("../shift/ShiftPanel").then((module) => module.ShiftPanel));
const PublishDialog = soon(() => import("../shift/PublishDialog").then((module) => module.PublishDialog));
const RequestDialog = soon(() => import("../timeoff/RequestDialog").then((module) => module.RequestDialog));

function useDeskOf(week: Week, today: Day): Desk {
  const { me, manager } = useSignedIn();
  const { t } = useTranslation();
  const navigate = useNavigate({ from: "/week" });
  const { staff, locations, colourOf } = week;
  return useMemo(
    () => ({
      manager,
      me: me.id,
      today,
      places: locations.length > 1,
      colourOf,
      nameOf: (id) => (id === null ? t("week.openShift") : (staff.get(id)?.name ?? t("week.stranger", { id }))),
      openShift: (shift) => void navigate({ search: (shown) => ({ ...placeOf(shown), shift }) }),
      repeatShift: (repeat) => void navigate({ search: (shown) => ({ ...placeOf(shown), repeat }) }),
      addShift: (id, day) =>
        void navigate({ search: (shown) => ({ ...placeOf(shown), shift: "new", staff: id ?? "open", day }) }),
      openRequest: (request) => void navigate({ search: (shown) => ({ ...placeOf(shown), request }) }),
    }),
    [manager, me.id, today, locations.length, colourOf, staff, navigate, t],
  );
}

/** Ctrl+Z and `?`, wherever nothing is being typed. */
function usePageKeys(undo: () => void): { readonly opened: boolean; readonly close: () => void } {
  const [opened, setOpened] = useState(false);
  useHotkeys([
    ["mod+Z", undo],
    ["shift+?", () => setOpened(true)],
  ]);
  return { opened, close: () => setOpened(false) };
}

/** Shows what was not saved where it was to be, or opens it in the form as it was meant. */
function useLostWays(place: Place, today: Day) {
  const navigate = useNavigate({ from: "/week" });
  const [aim, setAim] = useState<Aim | null>(null);
  const weekWith = (day: Day) => placeAt({ ...place, view: undefined, date: undefined }, day, today);
  const show = (shift: Schedule) => {
    const { day } = shiftOf(shift);
    const spot = { staffId: shift.staff_id, day, card: shift.id > 0 ? cardOf(shift) : null };
    setAim({ spot, reached: () => setAim(null) });
    void navigate({ search: weekWith(day) });
  };
  const edit = ({ number, rows: [row], outcome }: Lost) => {
    const current = outcome.status === "conflict" ? outcome.current : (row?.before ?? null);
    const meant = current ?? row?.after;
    if (!meant) return;
    const search = { ...weekWith(shiftOf(meant).day), shift: current?.id ?? ("new" as const), lost: number };
    void navigate({ search });
  };
  return { aim, show, edit };
}

/** What is shown, and of which days. */
interface Shown {
  readonly place: Place;
  readonly date: Day;
  readonly today: Day;
  readonly now: number;
  readonly phone: boolean;
}

interface WholeGridProps extends Finding {
  readonly aim: Aim | null;
  readonly week: Week;
  readonly grid: Grid;
  readonly empty: ReactNode;
  readonly shown: Shown;
}

function WholeGrid({ week, grid, empty, shown, aim, ...finding }: WholeGridProps) {
  const planner = usePlan();
  const { manager } = useSignedIn();
  const { t } = useTranslation();
  const keys = usePageKeys(manager ? planner.undo : () => {});
  const { place, date, today, now } = shown;
  const byRole = place.by === "role";
  const caption = t("week.caption", { week: weekTitle(grid.days[0] ?? "", grid.days[6] ?? "") });
  const view =
    place.view === "day" ? (
      <Arriving fallback={<WeekSkeleton phone={false} />}>
        <DayView {...{ week, grid, planner, byRole, today, now, ...finding }} day={date} />
      </Arriving>
    ) : (
      <WeekGrid {...{ grid, planner, byRole, caption, aim, ...finding }} />
    );
  return (
    <div className={classes.sheet}>
      {manager ? <CardActionsProvider {...{ grid, planner }}>{view}</CardActionsProvider> : view}
      <KeysDialog {...keys} />
      {empty && !place.view && <div className={classes.over}>{empty}</div>}
    </div>
  );
}

function PhoneList({ grid, empty, aim }: { grid: Grid; empty: ReactNode; aim: Aim | null }) {
  const { me, manager } = useSignedIn();
  const { t } = useTranslation();
  const [whose, setWhose] = useState("everyone");
  const planner = usePlan();
  const leave = grid.people.some((line) => line.cells.some((cell) => cell.leave.length > 0));
  if (empty && !leave) return empty;
  const agenda = <Agenda grid={grid} aim={aim} only={whose === "mine" && !manager ? me.id : null} />;
  const choices = [
    { value: "everyone", label: t("week.whose.everyone") },
    { value: "mine", label: t("week.whose.mine") },
  ];
  return (
    <>
      {!manager && (
        <div className={classes.whose}>
          <SegmentedControl
            fullWidth
            aria-label={t("week.whose.label")}
            value={whose}
            onChange={setWhose}
            data={choices}
          />
        </div>
      )}
      {manager ? (
        <CardActionsProvider {...{ grid, planner }} list>
          {agenda}
        </CardActionsProvider>
      ) : (
        agenda
      )}
    </>
  );
}

function Trouble({ error }: { error: Error }) {
  const { t } = useTranslation();
  return (
    <div className={classes.trouble}>
      <Notice tone="warn" icon={IconCloudOff} title={t("week.old.title")}>
        <p>
          {sentenceOf(error)} {t("week.old.again")}
        </p>
      </Notice>
    </div>
  );
}

interface PlanProps {
  readonly aim: Aim | null;
  readonly week: Week;
  readonly shown: Shown;
  readonly add: () => void;
  readonly openDay: (day: Day) => void;
}

function Plan({ week, shown, aim, add, openDay }: PlanProps) {
  const { grid } = week;
  const { phone, place, date } = shown;
  const { t } = useTranslation();
  // Here, where it outlives a week that is fetched.
  const [find, setFind] = useState("");
  if (week.error) {
    return (
      <div className={classes.trouble}>
        <Failure what={t("week.current")} error={week.error} retry={week.retry} />
      </div>
    );
  }
  if (!grid) return <WeekSkeleton phone={phone} />;
  const empty = grid.shifts.length === 0 ? <EmptyWeek add={add} /> : null;
  const plan = phone ? (
    <PhoneList grid={grid} empty={empty} aim={aim} />
  ) : (
    <WholeGrid {...{ week, grid, empty, shown, aim, find, setFind }} />
  );
  return (
    <>
      {week.trouble && <Trouble error={week.trouble} />}
      {place.view === "month" ? (
        <Arriving fallback={<WeekSkeleton phone={phone} />}>
          <MonthView {...{ week, date, phone }} open={openDay} />
        </Arriving>
      ) : (
        plan
      )}
    </>
  );
}

interface OverProps {
  readonly week: Week;
  readonly monday: Day;
  readonly search: WeekSearch;
  readonly nameOf: Desk["nameOf"];
  readonly close: () => void;
}

/** What the address says stands open over the plan. */
function Over({ week, monday, search, nameOf, close }: OverProps) {
  const request = (search.request && week.timeOff.get(search.request)) || null;
  const met = { shift: useMet(search.shift !== undefined), request: useMet(request !== null) };
  const name = request ? nameOf(request.staff_id) : "";
  return (
    <Arriving>
      {met.shift && <ShiftPanel week={week} first={monday} search={search} close={close} />}
      {met.request && <RequestDialog {...{ request, name, close }} zones={week.zones} />}
    </Arriving>
  );
}

/** What everything on the page may ask. */
function Surroundings({ desk, monday, children }: { desk: Desk; monday: Day; children: ReactNode }) {
  return (
    <DeskContext value={desk}>
      <PresenceWatch week={monday}>{children}</PresenceWatch>
    </DeskContext>
  );
}

/** The desk's first page: a week, a day or a month of the whole team. */
export function WeekPage() {
  const { t } = useTranslation();
  const search = useSearch({ from: "/week" });
  const navigate = useNavigate({ from: "/week" });
  const { manager } = useSignedIn();
  const phone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const publishing = useOpening<null>();
  const now = useNow();
  const today = todayIn(zonesOf(useLocations().data)[0], now);
  const place = placeOf(search);
  const date = dayShown(place, today);
  const monday = weekOf(date);
  const week = useWeek(monday);
  const desk = useDeskOf(week, today);
  const { lost } = useLost();
  const { aim, ...ways } = useLostWays(place, today);
  const drafts = (week.grid?.shifts ?? []).map((shift) => shift.schedule).filter((each) => each.status === "draft");
  const go = (search: WeekSearch) => void navigate({ search });
  const add = () => go({ ...place, shift: "new", day: place.view === "day" ? date : undefined });
  const close = () => go(place);
  // On the phone a day is a part of the week's list.
  const openDay = (day: Day) => go(placeAt({ ...place, view: phone ? undefined : "day" }, day, today));

  return (
    <Surroundings {...{ desk, monday }}>
      <title>{t("shell.title", { page: place.view === "month" ? monthTitle(date) : weekLabel(t, monday) })}</title>
      {place.view !== "month" && <WeekNews week={week} first={monday} />}
      {lost.length > 0 && (
        <Arriving>
          <NotSaved {...ways} />
        </Arriving>
      )}
      <NearWeeks monday={monday} ready={week.current} />
      <Toasts>
        <WeekToolbar
          {...{ place, date, monday, today, week, manager, phone, go, add }}
          drafts={drafts.length}
          publish={() => publishing.open(null)}
        />
        <div className={classes.page} aria-busy={!week.grid}>
          <WeekContext value={week}>
            <Plan shown={{ place, date, today, now, phone }} {...{ week, aim, add, openDay }} />
          </WeekContext>
        </div>
        <Repeating id={search.repeat} week={week} close={close} />
      </Toasts>
      {!phone && <WeekFoot manager={manager} />}
      <PrintSheet week={week} monday={monday} />
      <Over {...{ week, monday, search, close }} nameOf={desk.nameOf} />
      <Arriving>
        {publishing.opening && (
          <PublishDialog
            key={publishing.opening.number}
            opened={publishing.opening.opened}
            drafts={drafts}
            close={publishing.close}
          />
        )}
      </Arriving>
    </Surroundings>
  );
}
