/** The part of OCSF 1.8.0 we write: class Detection Finding (2004) and its objects, in OCSF's names. */

export interface OcsfNamed {
  uid?: string;
  name?: string;
}

export interface OcsfAnalytic {
  uid: string;
  name: string;
  /** 1 Rule, 2 Behavioral, 3 Statistical */
  type_id: number;
  type: string;
  category?: string;
  desc?: string;
}

export interface OcsfAttack {
  version: string;
  tactic?: OcsfNamed;
  technique: OcsfNamed;
  sub_technique?: OcsfNamed;
}

export interface OcsfEndpoint {
  ip?: string;
  port?: number;
  name?: string;
  domain?: string;
}

export interface OcsfContainer {
  uid?: string;
  name?: string;
  image?: { uid: string; name: string };
}

export interface OcsfEvidence {
  name: string;
  src_endpoint: OcsfEndpoint;
  dst_endpoint?: OcsfEndpoint;
  container?: OcsfContainer;
  data: Record<string, string | number>;
}

export interface OcsfDetectionFinding {
  activity_id: 1;
  activity_name: 'Create';
  category_uid: 2;
  category_name: 'Findings';
  class_uid: 2004;
  class_name: 'Detection Finding';
  type_uid: 200401;
  type_name: 'Detection Finding: Create';
  severity_id: number;
  severity: string;
  /** Milliseconds since 1970, as all times here. */
  time: number;
  start_time: number;
  end_time: number;
  status_id: number;
  status: string;
  is_alert: boolean;
  confidence_id: number;
  confidence: string;
  confidence_score: number;
  message: string;
  metadata: {
    version: '1.8.0';
    product: { name: 'Stowaway'; vendor_name: 'Stowaway'; version: string };
    correlation_uid: string;
  };
  finding_info: {
    uid: string;
    title: string;
    desc: string;
    created_time: number;
    first_seen_time: number;
    last_seen_time: number;
    analytic: OcsfAnalytic;
    related_analytics: OcsfAnalytic[];
    attacks: OcsfAttack[];
  };
  evidences: OcsfEvidence[];
  resources: { type: string; name: string; uid?: string; ip?: string }[];
  unmapped: { stowaway: Record<string, unknown> };
}
