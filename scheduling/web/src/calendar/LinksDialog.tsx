import { Button, CopyButton, Group, Select, Skeleton, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertCircle, IconCalendarPlus, IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { sentenceOf } from "../api/problem";
import type { CalendarAddress } from "../api/types";
import { useAnnounce } from "../live/announcer";
import { useLocations } from "../live/queries";
import type { CalendarLink } from "../live.gen";
import { useSignedIn } from "../session/signed-in";
import { useNow } from "../time/use-now";
import { ago } from "../time/words";
import { Dialog } from "../ui/Dialog";
import { Failure } from "../ui/Failure";
import { Notice } from "../ui/Notice";
import classes from "./LinksDialog.module.css";
import { useCalendarLinks, useMakeLink, useRevokeLink } from "./queries";

/** The choice that is no location: one's own shifts. */
const MINE = "";

/** The new link's address, which is shown this once. */
function Made({ path }: { path: string }) {
  const { t } = useTranslation();
  const address = new URL(path, window.location.origin).href;
  return (
    <section className={classes.made} aria-label={t("calendar.links.made")}>
      <h3 className={classes.heading}>{t("calendar.links.made")}</h3>
      <p className={classes.text}>{t("calendar.links.secret")}</p>
      <div className={classes.address}>
        <TextInput
          className={`${classes.field} ${classes.secret}`}
          label={t("calendar.links.address")}
          value={address}
          readOnly
          dir="ltr"
          data-autofocus
          onFocus={(event) => event.currentTarget.select()}
        />
        <CopyButton value={address}>
          {({ copied, copy }) => (
            <Button leftSection={copied ? <IconCheck size={16} /> : <IconCopy size={16} />} onClick={copy}>
              {copied ? t("calendar.links.copied") : t("calendar.links.copy")}
            </Button>
          )}
        </CopyButton>
      </div>
      <Group gap="sm">
        <Button
          component="a"
          variant="default"
          href={address.replace(/^https?:/, "webcal:")}
          leftSection={<IconCalendarPlus size={16} />}
        >
          {t("calendar.links.open")}
        </Button>
      </Group>
      <p className={classes.text}>{t("calendar.links.elsewhere")}</p>
    </section>
  );
}

interface LinkProps {
  readonly link: CalendarLink;
  readonly now: number;
  readonly revoke: () => void;
}

function Link({ link, now, revoke }: LinkProps) {
  const { t } = useTranslation();
  const [asked, setAsked] = useState(false);
  const name = link.location ?? t("calendar.links.mine");
  const since = ago(link.created_at, now);
  const read = link.read_at ? t("calendar.links.read", { ago: ago(link.read_at, now) }) : t("calendar.links.neverRead");
  return (
    <li className={classes.link}>
      <div className={classes.what}>
        <p className={classes.name}>{name}</p>
        <p className={classes.text}>
          {t("calendar.links.madeAgo", { ago: since })} · {read}
        </p>
      </div>
      {asked && <p className={classes.sure}>{t("calendar.links.sure")}</p>}
      {asked ? (
        <Group gap={8}>
          <Button variant="default" size="xs" autoFocus onClick={() => setAsked(false)}>
            {t("calendar.links.keep")}
          </Button>
          <Button color="red.8" size="xs" onClick={revoke}>
            {t("calendar.links.revoke")}
          </Button>
        </Group>
      ) : (
        <Button
          variant="default"
          size="xs"
          aria-label={t("calendar.links.revokeThis", { name, ago: since })}
          onClick={() => setAsked(true)}
        >
          {t("calendar.links.revoke")}
        </Button>
      )}
    </li>
  );
}

/** Which shifts a new link shows: managers may choose a location. */
function Choice({ chosen, choose }: { chosen: string; choose: (location: string) => void }) {
  const { t } = useTranslation();
  const { manager } = useSignedIn();
  const locations = useLocations().data ?? [];
  if (!manager) return null;
  const data = [
    { value: MINE, label: t("calendar.links.mine") },
    ...locations.map(({ name }) => ({ value: name, label: name })),
  ];
  return (
    <Select
      className={classes.field}
      label={t("calendar.links.which")}
      data={data}
      value={chosen}
      allowDeselect={false}
      onChange={(value) => choose(value ?? MINE)}
    />
  );
}

/** What this dialog does, and why the last of it was not done. */
function useLinks() {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [made, setMade] = useState<CalendarAddress | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  const making = useMakeLink();
  const revoking = useRevokeLink();
  const make = async (location: string) => {
    setFailure(null);
    const outcome = await making.mutate(location === MINE ? null : location);
    if (outcome.status !== "saved") return setFailure(sentenceOf(outcome.error));
    setMade(outcome.answer ?? null);
    announce(t("calendar.links.done.made"));
  };
  const revoke = async (link: CalendarLink) => {
    setFailure(null);
    const outcome = await revoking.mutate(link);
    if (outcome.status !== "saved") return setFailure(sentenceOf(outcome.error));
    if (made?.link.id === link.id) setMade(null);
    announce(t("calendar.links.done.revoked"));
  };
  return { made, failure, making: making.pending > 0, make, revoke };
}

function Links({ revoke }: { revoke: (link: CalendarLink) => void }) {
  const { t } = useTranslation();
  const now = useNow();
  const { data: links, live, refetch } = useCalendarLinks();
  if (!links && live.error) {
    return <Failure what={t("calendar.links.failed")} error={live.error} retry={() => void refetch()} />;
  }
  if (!links) return <Skeleton height={62} radius={10} />;
  return (
    <section>
      <h3 className={classes.heading}>{t("calendar.links.list")}</h3>
      {links.length === 0 ? (
        <p className={classes.text}>{t("calendar.links.none")}</p>
      ) : (
        <ul className={classes.list} aria-label={t("calendar.links.list")}>
          {links.map((link) => (
            <Link key={link.id} link={link} now={now} revoke={() => revoke(link)} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Body() {
  const { t } = useTranslation();
  const { made, failure, making, make, revoke } = useLinks();
  const [location, setLocation] = useState(MINE);
  return (
    <Stack gap="md">
      <Text size="sm" c="dimmed">
        {t("calendar.links.about")}
      </Text>
      <div className={classes.address}>
        <Choice chosen={location} choose={setLocation} />
        <Button loading={making} onClick={() => void make(location)}>
          {t("calendar.links.make")}
        </Button>
      </div>
      {failure && <Notice tone="bad" icon={IconAlertCircle} title={failure} urgent />}
      {made && <Made key={made.link.id} path={made.path} />}
      <Links revoke={(link) => void revoke(link)} />
    </Stack>
  );
}

/** Secret addresses under which calendar programs read the published shifts: made, copied, revoked. */
export function LinksDialog({ opened, close }: { opened: boolean; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Dialog opened={opened} close={close} title={t("calendar.links.title")} size={520}>
      {opened && <Body />}
    </Dialog>
  );
}
