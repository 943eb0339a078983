import { SegmentedControl } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { IconCloudOff } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { type ReactNode, useContext, useMemo, useState } from "react";
import { sentenceOf } from "../api/problem";
import { useAnnounce } from "../live/announcer";
import { useNews } from "../live/news";
import { useSignedIn } from "../session/signed-in";
import { Failure } from "../shell/Failure";
import { Notice } from "../shell/Notice";
import { sentence } from "../shift/announcements";
import { OwnDeletesContext } from "../shift/mutations";
import { PublishDialog } from "../shift/PublishDialog";
import { ShiftPanel } from "../shift/ShiftPanel";
import { useNow } from "../time/use-now";
import { type Day, mondayOf } from "../time/week";
import { weekLabel } from "../time/words";
import { today as todayIn } from "../time/zone";
import { RequestDialog } from "../timeoff/RequestDialog";
import { Agenda } from "./Agenda";
import { type Desk, DeskContext } from "./desk";
import { EmptyWeek } from "./EmptyWeek";
import type { Grid } from "./grid";
import { useLocations, useWeek, type Week, zonesOf } from "./use-week";
import { WeekFoot } from "./WeekFoot";
import { WeekGrid } from "./WeekGrid";
import classes from "./WeekPage.module.css";
import { WeekSkeleton } from "./WeekSkeleton";
import { WeekToolbar } from "./WeekToolbar";

/** Tells screen readers what others changed in the week on the screen. */
function useShiftNews(week: Week, monday: Day): ReadonlySet<number> {
  const { me } = useSignedIn();
  const announce = useAnnounce();
  const ownDeletes = useContext(OwnDeletesContext);
  const nameOf = (id: number) => week.staff.get(id)?.name ?? `Staff ${id}`;
  return useNews(week.shifts, monday, {
    ignores: ({ before, after }, id) =>
      id < 0 ||
      (before && after ? after.updated_by?.id === me.id : ownDeletes.has(id) || after?.updated_by?.id === me.id),
    tell: (changes) => announce(sentence(changes, { me: me.id, nameOf })),
  });
}

function useDeskOf(week: Week, today: Day, fresh: ReadonlySet<number>): Desk {
  const { me, manager } = useSignedIn();
  const navigate = useNavigate({ from: "/week" });
  const { staff, locations, colourOf } = week;
  return useMemo(
    () => ({
      manager,
      me: me.id,
      today,
      places: locations.length > 1,
      fresh,
      colourOf,
      nameOf: (id) => (id === null ? "Open shift" : (staff.get(id)?.name ?? `Staff ${id}`)),
      openShift: (shift) => void navigate({ search: ({ week }) => ({ week, shift }) }),
      addShift: (id, day) =>
        void navigate({ search: ({ week }) => ({ week, shift: "new", staff: id ?? "open", day }) }),
      openRequest: (request) => void navigate({ search: ({ week }) => ({ week, request }) }),
    }),
    [manager, me.id, today, locations.length, fresh, colourOf, staff, navigate],
  );
}

function WholeGrid({ grid, empty }: { grid: Grid; empty: ReactNode }) {
  return (
    <div className={classes.sheet}>
      <WeekGrid grid={grid} />
      {empty && <div className={classes.over}>{empty}</div>}
    </div>
  );
}

function PhoneList({ grid, empty }: { grid: Grid; empty: ReactNode }) {
  const { me, manager } = useSignedIn();
  const [whose, setWhose] = useState("everyone");
  const leave = grid.people.some((line) => line.cells.some((cell) => cell.leave.length > 0));
  if (empty && !leave) return empty;
  const choices = [
    { value: "everyone", label: "Everyone" },
    { value: "mine", label: "My shifts" },
  ];
  return (
    <>
      {!manager && (
        <div className={classes.whose}>
          <SegmentedControl fullWidth aria-label="Whose shifts" value={whose} onChange={setWhose} data={choices} />
        </div>
      )}
      <Agenda grid={grid} only={whose === "mine" && !manager ? me.id : null} />
    </>
  );
}

function Trouble({ error }: { error: Error }) {
  return (
    <div className={classes.trouble}>
      <Notice tone="warn" icon={IconCloudOff} title="What you see may be old">
        <p>{sentenceOf(error)} It is tried again by itself.</p>
      </Notice>
    </div>
  );
}

function Plan({ week, phone, add }: { week: Week; phone: boolean; add: () => void }) {
  const { grid } = week;
  if (week.error) return <Failure what="This week" error={week.error} retry={week.retry} />;
  if (!grid) return <WeekSkeleton phone={phone} />;
  const empty = grid.shifts.length === 0 ? <EmptyWeek add={add} /> : null;
  return (
    <>
      {week.trouble && <Trouble error={week.trouble} />}
      {phone ? <PhoneList grid={grid} empty={empty} /> : <WholeGrid grid={grid} empty={empty} />}
    </>
  );
}

/** The desk's first page: one week of the whole team. */
export function WeekPage() {
  const search = useSearch({ from: "/week" });
  const navigate = useNavigate({ from: "/week" });
  const { manager } = useSignedIn();
  const phone = useMediaQuery("(max-width: 48em)", false, { getInitialValueInEffect: false });
  const [publishing, setPublishing] = useState(false);
  const today = todayIn(zonesOf(useLocations().data)[0], useNow());
  const monday = search.week ?? mondayOf(today);
  const week = useWeek(monday);
  const desk = useDeskOf(week, today, useShiftNews(week, monday));
  const drafts = (week.grid?.shifts ?? []).map((shift) => shift.schedule).filter((each) => each.status === "draft");
  const request = (search.request && week.timeOff.get(search.request)) || null;
  const add = () => void navigate({ search: { week: search.week, shift: "new" } });
  const goTo = (day: Day) => void navigate({ search: { week: day === mondayOf(today) ? undefined : day } });
  const close = () => void navigate({ search: { week: search.week } });

  return (
    <DeskContext value={desk}>
      <title>{`${weekLabel(monday)} · Scheduling`}</title>
      <WeekToolbar
        {...{ monday, today, manager, phone, goTo, add }}
        zones={week.zones}
        grid={week.grid}
        drafts={drafts.length}
        publish={() => setPublishing(true)}
      />
      <div className={classes.page} aria-busy={!week.grid}>
        <Plan week={week} phone={phone} add={add} />
      </div>
      {!phone && <WeekFoot manager={manager} />}
      <ShiftPanel week={week} monday={monday} search={search} close={close} />
      <PublishDialog opened={publishing} drafts={drafts} close={() => setPublishing(false)} />
      <RequestDialog
        request={request}
        name={request ? desk.nameOf(request.staff_id) : ""}
        zones={week.zones}
        close={close}
      />
    </DeskContext>
  );
}
