/**
 * The proxy's own certificates: an authority that only our kubeconfigs trust, and a server certificate under it.
 * https://www.rfc-editor.org/rfc/rfc5280
 */
import 'reflect-metadata';
import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';

/** A certificate and its private key, both as PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 24 * 60 * 60 * 1000;
const AUTHORITY_DAYS = 3650;
/** An authority this near its end is not used for another start. */
const SPARE_DAYS = 365;
/** A client whose clock is a little behind must not find the certificate of a fresh start in its future. */
const BACKDATED_MS = DAY_MS;

/** Where clients find us: programs in a pod use the service's names, everything else the address. */
export const SERVER_ADDRESSES = ['127.0.0.1', '::1'] as const;
export const SERVER_NAMES = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
] as const;

/** A fresh authority, good for ten years. */
export async function createAuthority(now: Date): Promise<KeyPair> {
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: 'CN=chaperone authority',
    ...validity(now),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return pemOf(certificate, keys.privateKey);
}

/**
 * A server certificate for `SERVER_ADDRESSES` and `SERVER_NAMES`, with a key of its own that need not be kept: another
 * start makes another one. It lasts as long as the authority does.
 * @param names further names and addresses
 */
export async function issueServerCertificate(
  authority: KeyPair,
  now: Date,
  names: readonly string[] = [],
): Promise<KeyPair> {
  const issuer = new X509Certificate(authority.certificate);
  const signingKey = await privateKeyOf(authority.key);
  const keys = await crypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.create({
    subject: 'CN=chaperone',
    issuer: issuer.subject,
    ...validity(now),
    notAfter: issuer.notAfter,
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new BasicConstraintsExtension(false, undefined, true),
      new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
      new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
      new SubjectAlternativeNameExtension([
        ...SERVER_ADDRESSES.map((value) => ({ type: 'ip' as const, value })),
        ...SERVER_NAMES.map((value) => ({ type: 'dns' as const, value })),
        ...names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ]),
    ],
  });
  return pemOf(certificate, keys.privateKey);
}

/** Whether this is an authority of ours whose key fits it, with time enough left to be used. */
export async function isUsable({ certificate, key }: KeyPair, now: Date): Promise<boolean> {
  try {
    const parsed = new X509Certificate(certificate);
    if (parsed.notAfter.getTime() < now.getTime() + SPARE_DAYS * DAY_MS) return false;
    const probe = new Uint8Array(32);
    const signature = await crypto.subtle.sign(ALGORITHM, await privateKeyOf(key), probe);
    return await crypto.subtle.verify(ALGORITHM, await parsed.publicKey.export(), signature, probe);
  } catch {
    return false;
  }
}

function validity(now: Date): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - BACKDATED_MS),
    notAfter: new Date(now.getTime() + AUTHORITY_DAYS * DAY_MS),
  };
}

async function pemOf(certificate: X509Certificate, key: webcrypto.CryptoKey): Promise<KeyPair> {
  const bytes = await crypto.subtle.exportKey('pkcs8', key);
  return {
    certificate: `${certificate.toString('pem')}\n`,
    key: `${PemConverter.encode(bytes, PemConverter.PrivateKeyTag)}\n`,
  };
}

function privateKeyOf(pem: string): Promise<webcrypto.CryptoKey> {
  return crypto.subtle.importKey('pkcs8', PemConverter.decodeFirst(pem), ALGORITHM, false, ['sign']);
}
