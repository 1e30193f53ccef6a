/**
 * The library: everything here keeps its name and meaning within a major version (docs/library.md). Files of other paths
 * are internal.
 */

// estimators on tidy tables
export { type EstimateDocument, type EstimateRequest, estimate, runEstimate as estimateFile } from "./app/estimate.ts";
export type { ColumnChoice, ColumnPlan } from "./app/estimate-columns.ts";
export { type EstimateChoice, estimateOptions, findEstimator } from "./app/estimate-options.ts";
// the judgement of a deploy
export type { Config } from "./config/config.ts";
export { type ConfigSource, loadConfig } from "./config/load.ts";
export { type AnalysisRequest, analyze } from "./core/analyze.ts";
export { describeSli, type SliDescription } from "./core/describe.ts";
// answers and errors
export { DeployImpactError, type ErrorCode, type ErrorOwner, type Problem } from "./core/errors.ts";
export type {
  EstimateInput,
  EstimateOptions,
  EstimateResult,
  EstimatorSetting,
  SettingKind,
  TextColumn,
  TidyColumn,
  TidyData,
  TidyEstimator,
} from "./core/estimators/contract.ts";
export { TIDY_ESTIMATORS } from "./core/estimators/index.ts";
export { type TidyColumns, tidyTable } from "./core/estimators/tidy-table.ts";
// regression and its errors
export { type ClusterDiagnostics, clusterDiagnostics } from "./core/inference/cluster-diagnostics.ts";
export { type Coefficient, coefficientTable, studentInference } from "./core/inference/coefficients.ts";
// multiplicity and power
export {
  benjaminiHochberg,
  benjaminiYekutieli,
  bonferroni,
  cauchyCombination,
  fisherCombination,
  harmonicMean,
  hochberg,
  holm,
  holmSidak,
  hommel,
  type MaybeP,
  sidak,
  simes,
  stoufferZ,
} from "./core/inference/multiplicity.ts";
export { type PermutationOptions, type PermutationResult, permutationInference } from "./core/inference/permutation.ts";
export {
  autoregressiveCovariances,
  exactMinimumDetectableEffect,
  minimumDetectableEffect,
  nonInferiorityPower,
  normalMinimumDetectableEffect,
  type PanelDesign,
  type PowerTarget,
  serialCorrelationRobustVariance,
  singleTreatedDesign,
  twoSidedPower,
  welchDesign,
} from "./core/inference/power.ts";
export {
  autoregressiveCovariance,
  listedCovariance,
  type PlannedPanel,
  type PlannedPower,
  type PowerGoal,
  plannedPower,
  plannedPowerAt,
  type StepCovariance,
  type StepsFound,
  stepsFor,
  type UnitsFound,
  unitsFor,
  unitsForChange,
} from "./core/inference/power-plan.ts";
// doubt about pre-trends, few clusters, assignments
export { type Randomization, randomizeChanges, randomizeRegression } from "./core/inference/randomization.ts";
export type { EventStudyEstimates } from "./core/inference/sensitivity/estimates.ts";
export { relativeIdentifiedSet, relativeMagnitudes } from "./core/inference/sensitivity/relative-magnitudes.ts";
export {
  frontierOf,
  smoothnessBreakdown,
  smoothnessIdentifiedSet,
  smoothnessInterval,
} from "./core/inference/sensitivity/smoothness.ts";
// looking while data arrive
export {
  approximateRho,
  meanSequence,
  type SequencePoint,
  sequenceHalfWidth,
  stitchedBoundary,
  tightestRho,
} from "./core/inference/sequential/confidence-sequence.ts";
export {
  type ClassicalDesign,
  classicalBoundary,
  type Look,
  type Spending,
  spendingBoundary,
  spentAlpha,
} from "./core/inference/sequential/group-sequential.ts";
export {
  coefficientRadius,
  type ModelTest,
  modelLogE,
  sequentialP,
  tightestPhi,
} from "./core/inference/sequential/linear-model.ts";
export {
  type MixtureOptions,
  type MixturePoint,
  mixtureHalfWidth,
  mixtureTest,
} from "./core/inference/sequential/mixture-test.ts";
export { supTCriticalValue } from "./core/inference/sup-t.ts";
export { pooledTest, welchTest } from "./core/inference/two-sample.ts";
export { type Estimates, linearCombination, type WaldTest, waldTest } from "./core/inference/wald.ts";
export { type WildBootstrap, type WildOptions, wildClusterBootstrap } from "./core/inference/wild-cluster-bootstrap.ts";
export { answer, type JsonValue, type Outcome, type Refusal, refuse } from "./core/outcome.ts";
export type { Group, Series, SeriesComponent, SliSeries } from "./core/panel/series.ts";
export type { AnalysisPlan, Margin, SliPlan, WindowPlan } from "./core/plan.ts";
// probability
export { betaQuantile, betaUpperQuantile, regularizedBeta } from "./core/probability/beta.ts";
export { binomialCdf, binomialPmf, binomialSf, clopperPearson, type Interval } from "./core/probability/binomial.ts";
export {
  chiSquareCdf,
  chiSquareQuantile,
  chiSquareSf,
  chiSquareUpperQuantile,
} from "./core/probability/chi-square.ts";
export { erf, erfc } from "./core/probability/erf.ts";
export { fCdf, fQuantile, fSf, fUpperQuantile } from "./core/probability/f.ts";
export { gammaQuantile, gammaUpperQuantile, logGamma, regularizedGammaQ } from "./core/probability/gamma.ts";
export { noncentralTCdf, noncentralTSf } from "./core/probability/noncentral-t.ts";
export { normalCdf, normalLogCdf, normalLogSf, normalQuantile, normalSf } from "./core/probability/normal.ts";
export { poissonCdf, poissonInterval, poissonPmf, poissonSf } from "./core/probability/poisson.ts";
export { studentTCdf, studentTQuantile, studentTSf, studentTTwoSided } from "./core/probability/student-t.ts";
export { REASON_CODES, type ReasonCode } from "./core/reasons.ts";
export { type Grouping, groupBy, interact } from "./core/regression/effects.ts";
export { type LinearFit, leastSquares, residualScale, rSquared, withinRSquared } from "./core/regression/ols.ts";
export type { Model, NamedColumn } from "./core/regression/sample.ts";
export type { Analysis, CheckResult, Estimate, ResultDocument, SliResult, Verdict } from "./core/result.ts";
export { VARIANCE_ESTIMATORS } from "./core/vcov/index.ts";
export type { SmallSampleCorrection, Variance, VarianceContext, VarianceEstimator } from "./core/vcov/variance.ts";
// files
export { type ColumnTable, readColumns, type WantedColumn } from "./sources/file/columns.ts";
export { type PanelFile, type PanelOptions, readPanel } from "./sources/file/panel.ts";
export { VERSION } from "./version.ts";
