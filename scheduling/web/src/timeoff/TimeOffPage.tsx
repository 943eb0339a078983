import { Button } from "@mantine/core";
import { IconBeach, IconPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import type { TimeOff } from "../api/types";
import { Coming } from "../live/Coming";
import { NeedsConnection } from "../live/NeedsConnection";
import { type TimeOffFilter, useLocations, useTeam, useTimeOff } from "../live/queries";
import { useSignedIn } from "../session/signed-in";
import { useNow } from "../time/use-now";
import { addDays, type Day, weekOf } from "../time/week";
import { startOfDay, today, zonesOf } from "../time/zone";
import { Failure } from "../ui/Failure";
import { Cards, Empty, Page, Section } from "../ui/Page";
import { RequestCard } from "./RequestCard";
import { RequestForm } from "./RequestForm";
import classes from "./TimeOffPage.module.css";

/** Five weeks back, a year ahead. */
function windowAround(day: Day): TimeOffFilter {
  const first = weekOf(day);
  return { from: startOfDay(addDays(first, -35), "UTC"), to: startOfDay(addDays(first, 371), "UTC") };
}

function NoRequests({ manager, ask }: { manager: boolean; ask: () => void }) {
  const { t } = useTranslation();
  const words = manager ? ("timeoff.emptyForManagers" as const) : ("timeoff.emptyForStaff" as const);
  return (
    <Empty icon={IconBeach} title={t(`${words}.title`)} text={t(`${words}.text`)}>
      <Button variant="light" onClick={ask}>
        {t("timeoff.request")}
      </Button>
    </Empty>
  );
}

interface ListProps {
  readonly requests: ReadonlyMap<number, TimeOff>;
  readonly nameOf: (id: number) => string;
  readonly zones: readonly string[];
}

function Lists({ requests, nameOf, zones }: ListProps) {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const all = [...requests.values()];
  const pending = all
    .filter((request) => request.status === "pending")
    .sort((a, b) => a.starts_at.localeCompare(b.starts_at));
  const decided = all
    .filter((request) => request.status !== "pending")
    .sort((a, b) => b.starts_at.localeCompare(a.starts_at));
  const cards = (list: readonly TimeOff[]) => (
    <Cards>
      {list.map((request) => (
        <li key={request.id}>
          <RequestCard request={request} name={nameOf(request.staff_id)} zones={zones} />
        </li>
      ))}
    </Cards>
  );
  return (
    <>
      {manager && pending.length > 0 && <NeedsConnection what="decide" />}
      {pending.length > 0 && (
        <Section title={manager ? t("timeoff.toDecide", { count: pending.length }) : t("timeoff.waiting")}>
          {cards(pending)}
        </Section>
      )}
      {manager && pending.length === 0 && (
        <Section title={t("timeoff.nothingToDecide")}>
          <p className={classes.quiet}>{t("timeoff.allAnswered")}</p>
        </Section>
      )}
      {decided.length > 0 && <Section title={t("timeoff.decided")}>{cards(decided)}</Section>}
    </>
  );
}

/** Requests for time off: to make them, to decide them, to see what became of them. */
export function TimeOffPage() {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const [asking, setAsking] = useState(false);
  const zones = zonesOf(useLocations().data);
  const day = today(zones[0], useNow());
  const requests = useTimeOff(useMemo(() => windowAround(day), [day]));
  const staff = useTeam().data ?? new Map();
  const nameOf = (id: number) => staff.get(id)?.name ?? t("shell.staffNumber", { id });
  const ask = () => setAsking(true);
  const failed = requests.data ? null : requests.live.error;
  return (
    <Page
      title={t("timeoff.page")}
      busy={!requests.data}
      action={
        <Button leftSection={<IconPlus size={17} stroke={2} />} onClick={ask}>
          {t("timeoff.request")}
        </Button>
      }
    >
      {failed && <Failure what={t("timeoff.failed")} error={failed} retry={() => void requests.refetch()} />}
      {!requests.data && !failed && <Coming height={96} />}
      {requests.data?.size === 0 && <NoRequests manager={manager} ask={ask} />}
      {requests.data && requests.data.size > 0 && <Lists requests={requests.data} nameOf={nameOf} zones={zones} />}
      <RequestForm opened={asking} staff={staff} zone={zones[0]} close={() => setAsking(false)} />
    </Page>
  );
}
