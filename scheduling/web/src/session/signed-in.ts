import { createContext, useContext } from "react";
import type { Api } from "../api/api";
import type { Staff } from "../api/types";

export interface SignedIn {
  readonly me: Staff;
  readonly manager: boolean;
  readonly api: Api;
  readonly signOut: () => Promise<void>;
  /** Takes in what has become of the reader's own record. */
  readonly renew: () => Promise<void>;
}

export const SignedInContext = createContext<SignedIn | null>(null);

/** Who is signed in, and the server's endpoints in their name. */
export function useSignedIn(): SignedIn {
  const signedIn = useContext(SignedInContext);
  if (!signedIn) throw new Error("useSignedIn needs a signed-in session above it");
  return signedIn;
}
