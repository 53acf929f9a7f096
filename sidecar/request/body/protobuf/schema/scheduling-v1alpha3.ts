/** Field numbers of `scheduling.k8s.io/v1alpha3`, as its public protobuf definition has them: see ../schema.ts for how to read it. */
export const SCHEDULING_V1ALPHA3 = `
TopologyConstraint: 1 key string
WorkloadPodGroupAllDisruptionMode:
WorkloadPodGroupBasicSchedulingPolicy:
WorkloadPodGroupDisruptionMode: 1 single WorkloadPodGroupSingleDisruptionMode, 2 all WorkloadPodGroupAllDisruptionMode
WorkloadPodGroupGangSchedulingPolicy: 1 minCount int32
WorkloadPodGroupResourceClaim: 1 name string, 2 resourceClaimName string, 3 resourceClaimTemplateName string
WorkloadPodGroupSchedulingConstraints: 1 topology TopologyConstraint[]
WorkloadPodGroupSchedulingPolicy: 1 basic WorkloadPodGroupBasicSchedulingPolicy, 2 gang WorkloadPodGroupGangSchedulingPolicy
WorkloadPodGroupSingleDisruptionMode:
`;
