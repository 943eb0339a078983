import { Alert, Button, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertCircle, IconLogout2 } from "@tabler/icons-react";
import { useState } from "react";
import { Problem, sentenceOf } from "../api/problem";
import { Logo } from "../shell/Logo";
import classes from "./LoginPage.module.css";

interface Props {
  /** The session ended by itself: say so. */
  readonly ended: boolean;
  readonly signIn: (email: string, password: string) => Promise<void>;
}

function useLogin(signIn: Props["signIn"]) {
  const [refusal, setRefusal] = useState<string | null>(null);
  const form = useForm({
    mode: "uncontrolled",
    initialValues: { email: "", password: "" },
    validate: {
      email: (value) => (/^\S+@\S+$/.test(value.trim()) ? null : "Enter your e-mail address, like ada@example.com."),
      password: (value) => (value ? null : "Enter your password."),
    },
  });
  const submit = form.onSubmit(async ({ email, password }) => {
    setRefusal(null);
    try {
      await signIn(email.trim(), password);
    } catch (error) {
      const reasons = error instanceof Problem ? error.reasons : [];
      form.setErrors(Object.fromEntries(reasons.map(({ field, message }) => [field, message])));
      if (reasons.length === 0) setRefusal(sentenceOf(error));
    }
  });
  return { form, submit, refusal };
}

/** Decoration: a week of shifts, out of focus. */
function Weave() {
  const rows = ["0--4-01", "15--1-0", "-22-2--", "4-0-44-", "--3-3-5", "1-1--16", "06-6-0-"];
  return (
    <div className={classes.weave} aria-hidden="true">
      {rows.flatMap((row, y) =>
        [...row].map((role, x) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a fixed pattern, never reordered
          <span key={`${x}/${y}`} className={classes.thread} data-role={role === "-" ? undefined : role} />
        )),
      )}
    </div>
  );
}

export function LoginPage({ ended, signIn }: Props) {
  const { form, submit, refusal } = useLogin(signIn);
  return (
    <div className={classes.page}>
      <main className={classes.side}>
        <form className={classes.form} onSubmit={submit} noValidate>
          <Logo size={44} />
          <Title order={1} className={classes.title}>
            Sign in to Scheduling
          </Title>
          <Text className={classes.lead}>Who works when. The whole team’s week, live on every screen.</Text>
          <Stack gap="md" mt={28}>
            {ended && !refusal && (
              <Alert icon={<IconLogout2 size={18} />} color="gray">
                Your session has ended. Sign in again to go on.
              </Alert>
            )}
            {refusal && (
              <Alert icon={<IconAlertCircle size={18} />} color="red" role="alert">
                {refusal}
              </Alert>
            )}
            <TextInput
              label="E-mail"
              type="email"
              autoComplete="username"
              size="md"
              key={form.key("email")}
              {...form.getInputProps("email")}
            />
            <PasswordInput
              label="Password"
              autoComplete="current-password"
              size="md"
              key={form.key("password")}
              {...form.getInputProps("password")}
            />
            <Button type="submit" size="md" mt={4} loading={form.submitting}>
              Sign in
            </Button>
          </Stack>
        </form>
      </main>
      <Weave />
    </div>
  );
}
