package main

import (
	"bytes"
	"context"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/kwok/pkg/apis/internalversion"
	"sigs.k8s.io/kwok/pkg/config"
	"sigs.k8s.io/kwok/pkg/utils/lifecycle"
)

// pod is a Pod as the stages look at it.
type pod struct {
	test    string
	policy  corev1.RestartPolicy
	phase   corev1.PodPhase
	ready   corev1.ConditionStatus
	state   corev1.ContainerState
	grace   *int64
	matched []string
}

var (
	running = corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}
	waiting = corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{}}
	thirty  = int64(30)
	none    = int64(0)
)

func TestAtMostOneStageMatchesAPod(t *testing.T) {
	stages := podStages(t)
	for _, p := range []pod{
		{policy: "Always", phase: "Pending", matched: []string{"pod-ready"}},
		{policy: "Always", phase: "Running", ready: "True"},
		{policy: "Always", phase: "Running", ready: "False", matched: []string{"pod-ready"}},
		{policy: "Never", phase: "Pending", matched: []string{"pod-ready"}},
		{policy: "Never", phase: "Running", ready: "True", matched: []string{"pod-complete"}},
		{policy: "Never", phase: "Succeeded", ready: "False"},
		{policy: "OnFailure", phase: "Running", ready: "True", matched: []string{"pod-complete"}},
		{test: "slow", policy: "Always", phase: "Pending", matched: []string{"pod-start"}},
		{test: "slow", policy: "Always", phase: "Running", ready: "False", matched: []string{"pod-ready"}},
		{test: "slow", policy: "Always", phase: "Running", ready: "True"},
		{test: "slow", policy: "Never", phase: "Running", ready: "True", matched: []string{"pod-complete"}},
		{test: "never-ready", policy: "Always", phase: "Pending", matched: []string{"pod-start"}},
		{test: "never-ready", policy: "Never", phase: "Running", ready: "False", state: running},
		{test: "fails", policy: "Never", phase: "Pending", matched: []string{"pod-start"}},
		{test: "fails", policy: "Never", phase: "Running", ready: "False", state: running, matched: []string{"pod-fail"}},
		{test: "fails", policy: "Never", phase: "Failed", ready: "False"},
		{test: "fails", policy: "Always", phase: "Running", ready: "False", state: running, matched: []string{"pod-crash-loop"}},
		{test: "fails", policy: "Always", phase: "Running", ready: "False", state: waiting},
		{test: "image-pull-error", policy: "Always", phase: "Pending", matched: []string{"pod-image-pull-error"}},
		{test: "image-pull-error", policy: "Always", phase: "Pending", ready: "False", state: waiting},
		{test: "unknown", policy: "Always", phase: "Pending"},
		{policy: "Always", phase: "Running", ready: "True", grace: &thirty, matched: []string{"pod-delete"}},
		{test: "fails", policy: "Never", phase: "Running", grace: &thirty, matched: []string{"pod-delete"}},
		{policy: "Always", phase: "Running", ready: "False", grace: &none},
	} {
		event := p.event()
		matching, err := stages.ListAllPossible(context.Background(), event)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, stage := range matching {
			names = append(names, stage.Name())
		}
		if !slices.Equal(names, p.matched) {
			t.Errorf("%+v: matched %v", p, names)
		}
	}
}

func (p pod) event() *lifecycle.Event {
	object := &corev1.Pod{
		Spec: corev1.PodSpec{RestartPolicy: p.policy},
		Status: corev1.PodStatus{
			Phase:             p.phase,
			Conditions:        []corev1.PodCondition{{Type: corev1.PodScheduled, Status: corev1.ConditionTrue}},
			ContainerStatuses: []corev1.ContainerStatus{{State: p.state}},
		},
	}
	if p.test != "" {
		object.Annotations = map[string]string{"tiphys.dev/test": p.test}
	}
	if p.ready != "" {
		object.Status.Conditions = append(object.Status.Conditions, corev1.PodCondition{Type: corev1.PodReady, Status: p.ready})
	}
	if p.grace != nil {
		now := metav1.Now()
		object.DeletionTimestamp, object.DeletionGracePeriodSeconds = &now, p.grace
	}
	return &lifecycle.Event{Annotations: object.Annotations, Data: object}
}

// podStages reads the stages of Pods from the configuration of kwok.
func podStages(t *testing.T) lifecycle.Lifecycle {
	t.Helper()
	var stages []*internalversion.Stage
	for _, document := range bytes.Split(kwokConfiguration, []byte("\n---\n")) {
		object, err := config.Unmarshal(document)
		if err != nil {
			t.Fatal(err)
		}
		if stage, ok := object.(*internalversion.Stage); ok && stage.Spec.ResourceRef.Kind == "Pod" {
			stages = append(stages, stage)
		}
	}
	lifecycle, err := lifecycle.NewLifecycle(stages)
	if err != nil {
		t.Fatal(err)
	}
	return lifecycle
}
