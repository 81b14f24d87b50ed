/** What is made of the schema and the operations: types, possible types, and ids of documents. */

import type { CodegenConfig } from "@graphql-codegen/cli";
import { addTypenameSelectionDocumentTransform } from "@graphql-codegen/client-preset";

const config: CodegenConfig = {
  schema: "../../gql/schema.graphql",
  documents: "src/**/operations.ts",
  generates: {
    "src/api/__generated__/": {
      preset: "client",
      // As Apollo's cache has it asked for, so that what is published is what is sent.
      documentTransforms: [addTypenameSelectionDocumentTransform],
      presetConfig: {
        fragmentMasking: false,
        persistedDocuments: { mode: "embedHashInDocument", hashAlgorithm: "sha256" },
      },
      config: {
        enumsAsTypes: true,
        immutableTypes: true,
        useTypeImports: true,
        strictScalars: true,
        scalars: { BigInt: "number", Date: "string", DateTime: "string" },
      },
    },
    "src/api/__generated__/possible-types.ts": { plugins: ["fragment-matcher"] },
  },
};

export default config;
