import { z } from 'zod';

const file = z.string().startsWith('/', 'an absolute path');
const broker = z
  .string()
  .regex(/^[A-Za-z0-9._-]{1,253}:\d{1,5}$/, 'host:port, such as kafka.example:9093')
  .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, 'a port up to 65535');

/** A topic's name, as Kafka permits it. */
export const TopicName = z.string().regex(/^[A-Za-z0-9._-]{1,249}$/, 'letters, digits, ., _ and -');

const Sasl = z
  .strictObject({
    mechanism: z
      .enum(['plain', 'scram-sha-256', 'scram-sha-512'])
      .describe('As the brokers know it; plain sends the password itself.'),
    user: z.string().min(1).describe('Whom to log in as.'),
    secret_file: file.optional().describe('File that holds the password.'),
    secret_env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
      .optional()
      .describe('Environment variable that holds the password.'),
  })
  .refine(
    ({ secret_file, secret_env }) => (secret_file === undefined) !== (secret_env === undefined),
    'state secret_file or secret_env, one of them',
  );

/** Keys by which brokers are reached, the same for reading and for writing. */
export const kafkaConnection = {
  brokers: z
    .array(broker)
    .min(1)
    .max(100)
    .describe('Some of the brokers, as host:port; the others are learned from them.'),
  tls: z.boolean().default(true).describe('Speak TLS with the brokers.'),
  ca_file: file.optional().describe('Certificates of the authority that signed the brokers’, in PEM.'),
  certificate_file: file.optional().describe('Certificate to show to the brokers, in PEM.'),
  key_file: file.optional().describe('Its key, in PEM.'),
  sasl: Sasl.optional().describe('How to log in; without it, not at all.'),
  allow_private: z
    .boolean()
    .default(false)
    .describe('Brokers may have private addresses, or names that lead to loopback.'),
  insecure: z.boolean().default(false).describe('tls: false is meant, not only on loopback.'),
};

const ConnectionSection = z.strictObject(kafkaConnection);

export type KafkaConnection = z.infer<typeof ConnectionSection>;

export const hasWholeCertificate = (stated: { certificate_file?: unknown; key_file?: unknown }): boolean =>
  (stated.certificate_file === undefined) === (stated.key_file === undefined);
export const WHOLE_CERTIFICATE = 'state certificate_file and key_file together';
