"""Nothing of napari changes the layers of the app: keys, commands, buttons, lists."""

from __future__ import annotations

import webbrowser
from contextlib import suppress

import numpy as np
import pytest
from napari._app_model import get_app_model
from napari._app_model.context import get_context
from napari._qt.widgets.qt_color_swatch import QColorSwatchEdit
from napari.layers import Shapes
from npe2 import PluginManager
from qtpy.QtCore import QPoint, Qt
from qtpy.QtGui import QKeySequence
from qtpy.QtWidgets import (
    QAbstractButton,
    QAbstractSlider,
    QComboBox,
    QDialog,
    QFileDialog,
    QMenu,
    QMessageBox,
)
from support.in_window import use_session, use_stimulus
from support.leaky import LeakySession
from support.mouse import box_around, draw, settle_map

from insilico_gui.app.map import unit_map
from insilico_gui.stimuli import ArrayStimulus

OF_THE_WINDOW = "napari.window."
"""Commands on the window, files, plugins and help, which end it or open others."""

MENUS = {"is_set_trace_active": False, "valid_spatial_json_clipboard": False}
"""What napari finds out as a menu opens."""


NOT_OFFERED = (
    *("napari.layer.split_stack", "napari.layer.split_rgb", "napari.layer.toggle_lock"),
    *("napari.layer.merge_stack", "napari.layer.merge_rgb"),
    *("napari.layer.convert_to_labels", "napari.layer.convert_to_image"),
)
"""Commands that replace layers. No menu offers them for locked layers, for which napari
may fail; the layers stay all the same."""


LINE = np.array([[1.0, 1.0], [20.0, 30.0]])


@pytest.fixture
def shown(window, qtbot):
    """A window with units on a stimulus, and outlines."""
    session = LeakySession(40, (36, 64))
    clip = np.random.default_rng(0).integers(0, 255, (3, 36, 64), np.uint8)
    use_session(window, session)
    use_stimulus(window, ArrayStimulus(clip, 10.0))
    window.encode()
    window.wait()
    window.map.show_outlines([LINE])
    settle_map(window, qtbot)
    return window


def undo_picks(window):
    """Take back what a click on the map selected."""
    while not window.now.selection.rule.get("all"):
        window.experiment.undo()


def ours(window):
    return [
        window.map.stimulus_layer,
        window.map.units_layer,
        window.viewer.layers["Receptive fields"],
    ]


def state(window):
    """Everything about our layers that an edit could change."""
    layers = [layer for layer in window.viewer.layers if layer in ours(window)]
    told = []
    for layer in layers:
        data = [np.asarray(part).copy() for part in layer.data]
        stays = layer in ours(window)[:2]  # outlines are drawn anew for a selection
        told += [stays and id(layer), stays and layer.editable]
        told += [layer.name, str(layer.mode), len(data), data]
        told += [np.asarray(getattr(layer, name)) for name in ("scale", "translate")]
        told += [np.asarray(layer.rotate), np.asarray(layer.shear)]
        told += [np.asarray(layer.affine), str(layer.units)]
        if hasattr(layer, "symbol"):
            told += [layer.size.copy(), layer.shown.copy(), layer.border_width.copy()]
            told += [list(layer.symbol)]
    return told


def assert_same(before, window, after_what):
    after = state(window)
    assert len(before) == len(after), after_what
    for old, new in zip(before, after, strict=True):
        if isinstance(old, np.ndarray | list):
            np.testing.assert_equal(new, old, str(after_what))
        else:
            assert new == old, after_what


def canvas(window):
    return window.viewer.window._qt_viewer.canvas.native


def press_on_map(window, qtbot):
    """What a tool that is active would take for an edit: a click and a drag."""
    native = canvas(window)
    middle = QPoint(native.width() // 2, native.height() // 2)
    qtbot.mouseClick(native, Qt.MouseButton.LeftButton, pos=middle)
    draw(native, [middle, middle + QPoint(15, 10)], parts=2, wait_ms=0)


def assert_units_are_themselves(window, qtbot):
    """Drawing around unit k on the screen selects unit k."""
    for k in (3, 17, 39):
        places = window.map.units_layer.data
        others = np.abs(places - places[k]).sum(axis=1)
        same = set(np.flatnonzero(others == 0).tolist())
        window.experiment.pick_none()
        window.viewer.reset_view()
        box_around(window, qtbot, places[k, 1:])
        qtbot.waitUntil(lambda: len(window.now.selection) > 0, timeout=9000)
        assert set(window.now.selection.indices.tolist()) == same


@pytest.fixture
def no_dialogs(monkeypatch):
    """Nothing waits for an answer: questions are answered with yes, files not chosen."""
    for kind in (QMenu, QDialog):
        for name in ("exec", "exec_"):
            monkeypatch.setattr(kind, name, lambda *_a, **_k: 0, raising=False)
    for name in ("warning", "question", "information"):
        monkeypatch.setattr(
            QMessageBox, name, lambda *_a, **_k: QMessageBox.StandardButton.Yes
        )
    for name in ("getOpenFileNames", "getSaveFileName", "getOpenFileName"):
        monkeypatch.setattr(QFileDialog, name, lambda *_a, **_k: ("", ""))
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_a, **_k: "")
    monkeypatch.setattr(webbrowser, "_tryorder", [])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_key_of_napari_edits(shown, qtbot, no_dialogs):
    with pytest.MonkeyPatch.context() as patch:  # clicks select, which draws outlines
        patch.setattr(unit_map, "outlines", lambda now: [LINE])
        press_all_keys(shown, qtbot)
    assert_units_are_themselves(shown, qtbot)


def press_all_keys(shown, qtbot):
    viewer = shown.viewer
    handler = viewer.window._qt_viewer._key_map_handler
    before = state(shown)
    sent = set()
    for k in range(3):
        layer = ours(shown)[k]
        viewer.layers.selection.active = layer
        keys = [str(key) for key in handler.active_keymap]
        assert len(keys) > 20  # of the viewer and of this kind of layer
        keys += ["Delete", "Ctrl+Delete", "Ctrl+A", "Ctrl+D", "Ctrl+V", "Ctrl+Z", "F2"]
        for key in keys:
            layer = ours(shown)[k]
            viewer.layers.selection.active = layer
            combination = QKeySequence(key.replace("Meta", "Ctrl"))[0]
            if key in ("Ctrl+Q", "Ctrl+W"):
                continue
            qtbot.keyClick(
                canvas(shown), combination.key(), combination.keyboardModifiers()
            )
            sent.add(key)
            press_on_map(shown, qtbot)
            undo_picks(shown)
            assert_same(before, shown, (layer.name, key))
            # napari's layer list has keys of its own
        for key in (Qt.Key.Key_Delete, Qt.Key.Key_Backspace):
            layer = ours(shown)[k]
            viewer.layers.selection.active = layer
            qtbot.keyClick(viewer.window._qt_viewer.layers, key)
            assert_same(before, shown, (layer.name, key))
    assert {"2", "3", "Delete", "Ctrl+Delete", "A"} <= sent


def commands_of_napari():
    """All commands, and when each is offered, but those that read or write files."""
    app, of_files = get_app_model(), set()
    for manifest in PluginManager.instance().iter_manifests():
        given = manifest.contributions
        parts = [*(given.readers or ()), *(given.writers or ())]
        of_files.update(part.command for part in parts)
        of_files.update(
            f"{manifest.name}.{part.key}" for part in given.sample_data or ()
        )
    offered = {
        item.command.id: item.command.enablement
        for menu, _ in app.menus
        for item in app.menus.get_menu(menu)
        if hasattr(item, "command")
    }
    return {
        name: offered.get(name)
        for name, _ in app.commands
        if name not in of_files and not name.startswith(OF_THE_WINDOW)
    }


def is_offered(command, viewer, enablement):
    """Whether a menu would let a user choose a command for the layers selected."""
    if command == "napari.toggle_shape_measures":
        return isinstance(viewer.layers.selection.active, Shapes)
    context = {**MENUS, **get_context(viewer.layers)}
    return enablement is None or bool(enablement.eval(context))


def run(command):
    get_app_model().commands.execute_command(command).result()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_command_of_napari_edits(shown, qtbot, no_dialogs, caplog):
    viewer = shown.viewer
    before = state(shown)
    commands = commands_of_napari()
    of_layers = {name for name in commands if name.startswith("napari.layer.")}
    done = set()
    # Records of errors would keep the viewer; napari's own log widget makes it verbose
    caplog.set_level("CRITICAL", "in_n_out")
    caplog.set_level("WARNING", "napari")
    for selected in (ours(shown), ours(shown)[:1], ours(shown)[1:2], ours(shown)[2:]):
        for command in sorted(of_layers if len(selected) == 1 else commands):
            if viewer.layers.selection != set(selected):
                viewer.layers.selection = set(selected)
            if is_offered(command, viewer, commands[command]):
                run(command)
                done.add(command)
            elif command in NOT_OFFERED:
                with suppress(Exception):
                    run(command)
            assert_same(before, shown, (command, [layer.name for layer in selected]))
            for layer in [new for new in viewer.layers if new not in ours(shown)]:
                viewer.layers.remove(layer)  # a copy that the command has made
        press_on_map(shown, qtbot)
    viewer.dims.ndisplay = 2
    assert len(of_layers & done) > 20
    assert_same(before, shown, "all")
    assert_units_are_themselves(shown, qtbot)


def test_no_transform_is_pasted_onto_our_layers(shown):
    viewer, layers = shown.viewer, shown.viewer.layers
    before = state(shown)
    own = viewer.add_points(
        np.zeros((3, 3)), scale=(2, 3, 4), translate=(5, 6, 7), rotate=30
    )
    for part in ("all", "affine", "rotate", "scale", "shear", "translate", "units"):
        layers.selection = {own}
        run(f"napari.layer.copy_{part}_to_clipboard")
        for layer in ours(shown):
            layers.selection = {layer}
            run("napari.layer.paste_spatial_from_clipboard")
            assert_same(before, shown, (part, layer.name))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_layer_control_edits(shown, qtbot, no_dialogs):
    viewer = shown.viewer
    before = state(shown)
    touched = 0

    def check(what):
        nonlocal touched
        touched += 1
        assert_same(before, shown, what)

    for layer in ours(shown):
        viewer.layers.selection.active = layer
        controls = viewer.window._qt_viewer.controls.widgets[layer]
        for button in controls.findChildren(QAbstractButton):
            button.setEnabled(True)
            button.click()
            check((layer.name, "button", button.toolTip()))
        qtbot.mouseClick(
            controls.transform_button,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.AltModifier,
        )
        check((layer.name, "reset"))
        for slider in controls.findChildren(QAbstractSlider):
            for value in (slider.minimum(), slider.maximum()):
                is_range = isinstance(slider.value(), tuple)
                slider.setValue((value, value) if is_range else value)
                check((layer.name, "slider", slider.toolTip()))
        for box in controls.findChildren(QComboBox):
            for k in range(box.count()):
                box.setCurrentIndex(k)
                check((layer.name, "choice", box.itemText(k)))
        for swatch in controls.findChildren(QColorSwatchEdit):
            swatch.setColor("red")
            check((layer.name, "colour"))
        press_on_map(shown, qtbot)
        check(layer.name)
        buttons = [b for b in controls.button_group.buttons() if b.isChecked()]
        assert buttons == [controls.panzoom_button]  # as shown, so it is
    assert touched > 60
    assert_units_are_themselves(shown, qtbot)


def test_the_layer_list_keeps_our_layers_with_their_names_and_order(shown, qtbot):
    viewer, layers = shown.viewer, shown.viewer.layers
    before = state(shown)
    stimulus, units, outlines = ours(shown)
    said = []
    shown.layer_owner.refused.connect(said.append)

    def rename(layer):
        listed = viewer.window._qt_viewer.layers
        model = listed.model().sourceModel()
        index = next(
            model.index(row, 0)
            for row in range(model.rowCount())
            if model.getItem(model.index(row, 0)) is layer
        )
        model.setData(index, "mine", Qt.ItemDataRole.EditRole)

    acts = {
        "trash button": lambda: (
            viewer.window._qt_viewer.layerButtons.deleteButton.click()
        ),
        "remove_selected": layers.remove_selected,
        "remove": lambda: layers.remove(units),
        "del": lambda: layers.__delitem__(slice(None)),
        "pop": layers.pop,
        "clear": layers.clear,
        "replace": lambda: layers.__setitem__(0, type(stimulus)(np.zeros((2, 2)))),
        "move": lambda: layers.move(1, 0),
        "drag": lambda: layers.move_multiple([1, 2], 0),
        "reverse": layers.reverse,
        "rename": lambda: rename(units),
        "name": lambda: setattr(stimulus, "name", "mine"),
        "data": lambda: setattr(units, "data", np.zeros((40, 3))),
        "fewer": lambda: setattr(units, "data", np.zeros((4, 3))),
        "frames": lambda: setattr(stimulus, "data", np.zeros((3, 1, 4, 4), np.uint8)),
        "scale": lambda: setattr(units, "scale", (2, 2, 2)),
        "affine": lambda: setattr(units, "affine", 3 * np.eye(4)),
        "mode": lambda: setattr(units, "mode", "add"),
        "transform": lambda: setattr(stimulus, "mode", "transform"),
        "editable": lambda: setattr(units, "editable", True),
        "add": lambda: units.add([1.0, 2.0, 3.0]),
        "path": lambda: outlines.add_paths([np.zeros((2, 2))]),
        "shown": lambda: setattr(units, "shown", False),
        "size": lambda: setattr(units, "size", 50),
    }
    for name, act in acts.items():
        layers.selection.active = units
        act()
        assert_same(before, shown, name)
        assert units.selected_data == set()
    assert len(set(said)) == 3  # one sentence, with the layer's name
    assert "'Units'" in said[0] or "'Stimulus'" in said[0]
    assert shown.playback_bar.message.text() == said[-1]
    with pytest.raises(ValueError, match="read-only"):
        units.data[0] = 7
    assert_units_are_themselves(shown, qtbot)


def test_layers_of_the_user_stay_as_editable_as_ever(shown):
    layers = shown.viewer.layers
    own = shown.viewer.add_points(np.zeros((3, 2)), name="mine")
    own.add([[1.0, 2.0]])
    own.mode = "select"
    own.name, own.scale = "other", (2, 2)
    own.selected_data = {0, 1}
    own.remove_selected()
    assert len(own.data) == 2 and own.name == "other" and str(own.mode) == "select"
    layers.move(layers.index(own), 0)
    assert layers[0] is own
    copy = shown.map.units_layer
    layers.selection.active = copy
    get_app_model().commands.execute_command("napari.layer.duplicate")
    (copy,) = [layer for layer in layers if layer.name == "Units copy"]
    copy.data = copy.data[:5] + 1
    copy.mode = "add"
    assert len(copy.data) == 5 and copy.editable
    own.name = "Units"
    assert own.name != "Units"  # taken
    layers.selection = {own, copy}
    layers.remove_selected()
    assert own not in layers and copy not in layers and len(layers) == 3


def test_what_the_app_does_to_its_layers_goes_on(shown):
    units = shown.map.units_layer
    shown.experiment.look(layout="anatomical")
    np.testing.assert_allclose(units.data[:, 2], shown.now.units["x"])
    shown.experiment.look(layout="retinotopic")
    shown.experiment.pick(areas=["V1"])
    assert len(np.unique(units.size)) == 2
    use_session(shown, LeakySession(20, (36, 64)))
    assert len(shown.map.units_layer.data) == 20
    assert units not in shown.viewer.layers
    shown.wait()
