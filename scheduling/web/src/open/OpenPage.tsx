import { Button } from "@mantine/core";
import { IconAlertCircle, IconCalendarCheck } from "@tabler/icons-react";
import { useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { shortReason } from "../api/reasons";
import type { OpenShift } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { Coming } from "../live/Coming";
import type { Changes } from "../live/changes";
import { NeedsConnection, urgentSentence, useNoNetwork } from "../live/NeedsConnection";
import { useNews } from "../live/news";
import { useNow } from "../time/use-now";
import { dayLong, timeSpan } from "../time/words";
import { wallTime } from "../time/zone";
import { Failure } from "../ui/Failure";
import { Notice } from "../ui/Notice";
import { Cards, Empty, Page, Section } from "../ui/Page";
import type { Translate } from "../words/language";
import classes from "./OpenPage.module.css";
import { useClaim, useOpenShifts } from "./queries";

const dayOf = (shift: OpenShift) => dayLong(wallTime(shift.starts_at, shift.timezone).day);

function Shift({ shift, take }: { shift: OpenShift; take?: (shift: OpenShift) => void }) {
  const { t } = useTranslation();
  const offline = useNoNetwork();
  const name = `${dayOf(shift)}, ${timeSpan(shift, shift.timezone)}`;
  return (
    <li className={classes.card} data-open-shift={shift.id}>
      <div className={classes.text}>
        <p className={classes.when}>{name}</p>
        <p className={classes.what}>
          {shift.role} · {shift.location}
        </p>
        {shift.note && <p className={classes.what}>{shift.note}</p>}
        {shift.objections?.map((reason) => (
          <p key={reason.message} className={classes.reason}>
            {shortReason(t, reason)}
          </p>
        ))}
      </div>
      {take && (
        <Button
          disabled={offline || !shift.objections}
          onClick={() => take(shift)}
          aria-label={t("open.takeThis", { name })}
        >
          {t("open.take")}
        </Button>
      )}
    </li>
  );
}

/** What others took, or managers took back. */
function goneInWords(t: Translate, changes: Changes<OpenShift>): string {
  const [first, ...others] = [...changes.values()].flatMap(({ before }) => before ?? []);
  if (!first) return "";
  if (others.length > 0) return t("open.goneMany", { count: others.length + 1 });
  return t("open.gone", { day: dayOf(first), time: timeSpan(first, first.timezone) });
}

/** The shifts that nobody has: those that the reader may take, and why not the others. */
export function OpenPage() {
  const { t } = useTranslation();
  const now = useNow();
  const announce = useAnnounce();
  const { data, live, refetch } = useOpenShifts();
  const { mutate } = useClaim();
  const own = useRef(new Set<number>());
  const [refusal, setRefusal] = useState<string | null>(null);
  const ahead = data?.filter((shift) => Date.parse(shift.starts_at) > now);
  const free = ahead?.filter((shift) => !shift.objections?.length) ?? [];
  const others = ahead?.filter((shift) => shift.objections?.length) ?? [];
  const failed = data ? null : live.error;
  const rows = useMemo(() => data && new Map(data.map((shift) => [shift.id, shift])), [data]);
  useNews(rows, "open", {
    ignores: ({ before, after }, id) => after !== null || before === null || own.current.has(id),
    tell: (changes) => announce(goneInWords(t, changes)),
  });
  const take = async (shift: OpenShift) => {
    setRefusal(null);
    own.current.add(shift.id);
    const outcome = await mutate(shift);
    if (outcome.status === "saved") {
      announce(t("open.yours", { day: dayOf(shift), time: timeSpan(shift, shift.timezone) }));
    } else {
      own.current.delete(shift.id);
      setRefusal(urgentSentence(t, "claim", outcome.error));
    }
  };
  return (
    <Page title={t("open.page")} busy={!data}>
      {refusal && <Notice tone="bad" icon={IconAlertCircle} title={refusal} urgent />}
      {!refusal && free.length > 0 && <NeedsConnection what="claim" />}
      {failed && <Failure what={t("open.page")} error={failed} retry={() => void refetch()} />}
      {!data && !failed && <Coming height={96} />}
      {data && free.length === 0 && (
        <Empty icon={IconCalendarCheck} title={t("open.empty.title")} text={t("open.empty.text")} />
      )}
      {free.length > 0 && (
        <Cards label={t("open.free")}>
          {free.map((shift) => (
            <Shift key={shift.id} shift={shift} take={(each) => void take(each)} />
          ))}
        </Cards>
      )}
      {others.length > 0 && (
        <Section title={t("open.others")}>
          <Cards>
            {others.map((shift) => (
              <Shift key={shift.id} shift={shift} />
            ))}
          </Cards>
        </Section>
      )}
    </Page>
  );
}
